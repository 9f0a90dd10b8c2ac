# A GRU cell over time, with a linear layer on the last hidden state.
import torch
import torch.nn.functional as F

torch.manual_seed(42)
batch, steps, n_in, n_hidden, n_out = 6, 4, 5, 8, 3
x = torch.randn(steps, batch, n_in)
target = torch.randint(0, n_out, (batch,))

Wz = torch.randn(n_in, n_hidden, requires_grad=True)
Uz = torch.randn(n_hidden, n_hidden, requires_grad=True)
bz = torch.zeros(n_hidden, requires_grad=True)
Wr = torch.randn(n_in, n_hidden, requires_grad=True)
Ur = torch.randn(n_hidden, n_hidden, requires_grad=True)
br = torch.zeros(n_hidden, requires_grad=True)
Wh = torch.randn(n_in, n_hidden, requires_grad=True)
Uh = torch.randn(n_hidden, n_hidden, requires_grad=True)
bh = torch.zeros(n_hidden, requires_grad=True)
V = torch.randn(n_hidden, n_out, requires_grad=True)

hs = [torch.zeros(batch, n_hidden)]
for t in range(steps):
    z = torch.sigmoid(x[t] @ Wz + hs[-1] @ Uz + bz)
    r = torch.sigmoid(x[t] @ Wr + hs[-1] @ Ur + br)
    cand = torch.tanh(x[t] @ Wh + (r * hs[-1]) @ Uh + bh)
    hs.append((1 - z) * hs[-1] + z * cand)
last = hs[-1]
logits = last @ V
loss = F.cross_entropy(logits, target)
print(loss.item())
loss.backward()
