# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Manual backprop, as a script
# I keep notebooks as percent scripts because they diff well.

# %%

import torch
from torch.nn import functional as F

torch.manual_seed(7)

# %%
names = open("names.txt").read().split()
alphabet = ["."] + sorted({c for name in names for c in name})
stoi = {c: i for i, c in enumerate(alphabet)}
V, T, E, H, n = len(alphabet), 3, 10, 64, 32


def encode(names):
    for name in names:
        padded = [0] * T + [stoi[c] for c in name] + [0]
        for i in range(len(padded) - T):
            yield padded[i : i + T + 1]


table = torch.tensor(list(encode(names)))
X, Y = table[:, :T], table[:, T]

# %%
C = torch.randn(V, E)
w1 = torch.randn(E * T, H) * (5 / 3) / (E * T) ** 0.5
b1 = torch.randn(H) * 0.1
w2 = torch.randn(H, V) * 0.1
b2 = torch.randn(V) * 0.1
bngain = torch.randn(1, H) * 0.1 + 1
bnbias = torch.randn(1, H) * 0.1
params = [C, w1, b1, w2, b2, bngain, bnbias]
for p in params:
    p.requires_grad = True

batch = torch.randint(0, len(X), (n,))
Xb, Yb = X[batch], Y[batch]

# %% forward
emb = C[Xb]
embcat = emb.view(emb.shape[0], -1)
hprebn = embcat @ w1 + b1
bnmeani = 1 / n * hprebn.sum(0, keepdim=True)
bndiff = hprebn - bnmeani
bndiff2 = bndiff**2
bnvar = 1 / (n - 1) * (bndiff2).sum(0, keepdim=True)
bnvar_inv = (bnvar + 1e-5) ** -0.5
bnraw = bndiff * bnvar_inv
hpreact = bngain * bnraw + bnbias
h = torch.tanh(hpreact)
logits = h @ w2 + b2
logit_max = logits.max(1, keepdim=True).values
norm_logits = logits - logit_max
counts = norm_logits.exp()
counts_sum = counts.sum(1, keepdim=True)
counts_sum_inv = counts_sum**-1
probs = counts * counts_sum_inv
logprobs = probs.log()
loss = -logprobs[range(n), Yb].mean()

intermediates = dict(
    logprobs=logprobs, probs=probs, counts_sum_inv=counts_sum_inv, counts_sum=counts_sum,
    counts=counts, norm_logits=norm_logits, logit_max=logit_max, logits=logits, h=h,
    hpreact=hpreact, bnraw=bnraw, bnvar_inv=bnvar_inv, bnvar=bnvar, bndiff2=bndiff2,
    bndiff=bndiff, bnmeani=bnmeani, hprebn=hprebn, embcat=embcat, emb=emb,
)
for t in intermediates.values():
    t.retain_grad()
loss.backward()

# %% [markdown]
# ## Exercise 1

# %%
dlogprobs = F.one_hot(Yb, V) * (-1.0 / n)
dprobs = dlogprobs / probs
dcounts_sum_inv = (dprobs * counts).sum(1, keepdim=True)
dcounts_sum = -(counts_sum**-2) * dcounts_sum_inv
dcounts = dprobs * counts_sum_inv + dcounts_sum
dnorm_logits = counts * dcounts
dlogit_max = -dnorm_logits.sum(1, keepdim=True)
dlogits = dnorm_logits.scatter_add(1, logits.argmax(1, keepdim=True), dlogit_max)

dh = dlogits @ w2.T
dw2 = h.T @ dlogits
db2 = dlogits.sum(0, keepdim=True)
dhpreact = (1 - h**2) * dh

dbngain = (bnraw * dhpreact).sum(0)
dbnbias = dhpreact.sum(0)
dbnraw = bngain * dhpreact
dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)
dbnvar = -0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv
dbndiff2 = dbnvar.repeat(n, 1) / (n - 1)
dbndiff = bnvar_inv * dbnraw + 2 * bndiff * dbndiff2
dbnmeani = -dbndiff.sum(0)
dhprebn = dbndiff + dbnmeani / n

dembcat = dhprebn @ w1.T
dw1 = embcat.T @ dhprebn
db1 = dhprebn.sum(0)
demb = dembcat.view(n, T, E)
dC = torch.zeros_like(C).index_put((Xb,), demb, accumulate=True)

for name, mine in {"logits": dlogits, "hprebn": dhprebn, "emb": demb}.items():
    worst = (mine - intermediates[name].grad).abs().max().item()
    print(f"d{name}: off by {worst:.2g}")

# %% [markdown]
# ## Exercise 2

# %%
dlogits = (logits.softmax(1) - torch.eye(V)[Yb]) / n
print((dlogits - logits.grad).abs().max().item())

# %% [markdown]
# ## Exercise 3

# %%
xhat, dxhat = bnraw, bngain * dhpreact
dhprebn = bnvar_inv * (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).sum(0) / (n - 1))
print((dhprebn - hprebn.grad).abs().max().item())

# %%
# no training here, my laptop is too slow
