# One head of causal self-attention, a feed-forward layer, residuals and layer norm.
import math
import torch
import torch.nn.functional as F

B, T, C, hidden, vocab = 2, 5, 8, 16, 11
g = torch.Generator().manual_seed(7)
idx = torch.randint(vocab, (B, T), generator=g)
targets = torch.randint(vocab, (B, T), generator=g)


def init(*shape):
    w = torch.randn(shape, generator=g) / math.sqrt(shape[0])
    w.requires_grad = True
    return w


def layer_norm(x, eps=1e-5):
    mean = x.mean(-1, keepdim=True)
    var = x.var(-1, keepdim=True, unbiased=False)
    return (x - mean) / torch.sqrt(var + eps)


wte, wpe = init(vocab, C), init(T, C)
Wq, Wk, Wv, Wo = init(C, C), init(C, C), init(C, C), init(C, C)
W1, W2 = init(C, hidden), init(hidden, C)
lm_head = init(C, vocab)
mask = torch.tril(torch.ones(T, T))

x = wte[idx] + wpe
n1 = layer_norm(x)
q, k, v = n1 @ Wq, n1 @ Wk, n1 @ Wv
att = q @ k.transpose(-2, -1) / math.sqrt(C)
att = att.masked_fill(mask == 0, float('-inf'))
weights = F.softmax(att, dim=-1)
y = weights @ v
x1 = x + y @ Wo
n2 = layer_norm(x1)
ff = F.gelu(n2 @ W1)
x2 = x1 + ff @ W2
logits = x2 @ lm_head
loss = F.cross_entropy(logits.view(-1, vocab), targets.view(-1))
loss.backward()
