# %% [markdown]
# # Attention, backwards

# %%
import torch
import torch.nn.functional as F

try:
    from grader import cmp
except ImportError:  # the grader is not installed here: a plain comparison does

    def cmp(name):
        mine, autograd = globals().get("d" + name), globals()[name].grad
        if mine is None:
            print(f"{name:8s} | not there yet")
        elif mine.shape != autograd.shape:
            print(f"{name:8s} | shape {tuple(mine.shape)}, expected {tuple(autograd.shape)}")
        else:
            print(f"{name:8s} | greatest difference: {(mine - autograd).abs().max().item():.1e}")

# %% [markdown]
# ## The network

# %%
B, T, V, C, H = 3, 5, 7, 6, 4  # sequences, tokens, vocabulary, channels, channels of the head
g = torch.Generator().manual_seed(8)
tok_emb = torch.randn(V, C, generator=g)
pos_emb = torch.randn(T, C, generator=g) * 0.5
gamma = torch.randn(C, generator=g) * 0.2 + 1.0
beta = torch.randn(C, generator=g) * 0.2
WQ = torch.randn(C, H, generator=g) * 0.6
WK = torch.randn(C, H, generator=g) * 0.6
WV = torch.randn(C, H, generator=g) * 0.6
Wo = torch.randn(H, V, generator=g) * 0.6
bo = torch.randn(V, generator=g) * 0.2
parameters = [tok_emb, pos_emb, gamma, beta, WQ, WK, WV, Wo, bo]
for parameter in parameters:
    parameter.requires_grad_()

text = torch.randint(0, V, (B, T + 1), generator=g)
tokens, targets = text[:, :-1], text[:, 1:]  # each token, and the one that follows it

# %%
# embedding of tokens and places
x = tok_emb[tokens] + pos_emb  # B × T × C
# layer norm, over the channels
mu = x.mean(-1, keepdim=True)
xc = x - mu
var = (xc**2).mean(-1, keepdim=True)
rstd = (var + 1e-5) ** -0.5
xhat = xc * rstd
ln = gamma * xhat + beta
# attention
q = ln @ WQ
k = ln @ WK
v = ln @ WV
scores = q @ k.transpose(-2, -1) * H**-0.5  # B × T × T: row t asks, column s is asked
tril = torch.tril(torch.ones(T, T))
masked = scores.masked_fill(tril == 0, float("-inf"))
att = torch.softmax(masked, dim=-1)
out = att @ v
# next token
logits = out @ Wo + bo
logprobs = F.log_softmax(logits, dim=-1)
loss = -logprobs.gather(-1, targets[..., None]).mean()
print("loss:", loss.item())

# %%
for parameter in parameters:
    parameter.grad = None
tensors = (logprobs, logits, out, att, masked, scores, v, k, q, ln, xhat, rstd, var, xc, mu, x)
for tensor in tensors:
    tensor.retain_grad()
loss.backward()

# %% [markdown]
# ## Exercise 1: step by step

# %%
# Of each row one element is picked, with a minus, and 15 of them make the mean.
dlogprobs = torch.zeros_like(logprobs)
dlogprobs.scatter_(-1, targets[..., None], -1.0 / targets.numel())
# log softmax: every logit is in every normaliser of its row.
dlogits = (F.softmax(logits, -1) - F.one_hot(targets, V)) / (B * T)
dout = dlogits @ Wo.T
dWo = out.flatten(0, 1).T @ dlogits.flatten(0, 1)
dbo = dlogits.sum((0, 1))

for name in ["logprobs", "logits", "out", "Wo", "bo"]:
    cmp(name)

# %%
datt = dout @ v.transpose(-2, -1)
dv = att.transpose(-2, -1) @ dout
dmasked = att * (datt - (att * datt).sum(-1, keepdim=True))
dscores = dmasked * tril
dq = dscores @ k * H**-0.5
dk = dscores.transpose(-2, -1) @ q * H**-0.5

for name in ["att", "v", "masked", "scores", "q", "k"]:
    cmp(name)

# %%
dWQ = (ln.transpose(-2, -1) @ dq).sum(0)
dWK = (ln.transpose(-2, -1) @ dk).sum(0)
dWV = (ln.transpose(-2, -1) @ dv).sum(0)
dln = torch.cat([dq, dk, dv], -1) @ torch.cat([WQ, WK, WV], 1).T

for name in ["WQ", "WK", "WV", "ln"]:
    cmp(name)

# %%
dgamma = (dln * xhat).sum((0, 1))
dbeta = dln.sum((0, 1))
dxhat = dln * gamma
drstd = (dxhat * xc).sum(-1, keepdim=True)
dvar = drstd * -0.5 * (var + 1e-5) ** -1.5
dxc = dxhat * rstd + dvar * 2 * xc / C
dmu = -dxc.sum(-1, keepdim=True)
dx = dxc + dmu / C
dpos_emb = dx.sum(0)
dtok_emb = torch.zeros_like(tok_emb)
for b in range(B):
    for t in range(T):
        dtok_emb[tokens[b, t]] += dx[b, t]

for name in ["gamma", "beta", "xhat", "rstd", "var", "xc", "mu", "x", "pos_emb", "tok_emb"]:
    cmp(name)

# %% [markdown]
# ## Exercise 2: layer norm in one expression

# %%
dx = None  # forget the one from exercise 1

inner = gamma * dln
dx = rstd * (inner - inner.mean(-1, keepdim=True) - xhat * (inner * xhat).mean(-1, keepdim=True))

cmp("x")
