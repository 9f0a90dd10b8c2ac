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
E = torch.randn(V, C, generator=g)
P = torch.randn(T, C, generator=g) * 0.5
gamma = torch.randn(C, generator=g) * 0.2 + 1.0
beta = torch.randn(C, generator=g) * 0.2
Wq = torch.randn(C, H, generator=g) * 0.6
Wk = torch.randn(C, H, generator=g) * 0.6
Wv = torch.randn(C, H, generator=g) * 0.6
Wo = torch.randn(H, V, generator=g) * 0.6
bo = torch.randn(V, generator=g) * 0.2
parameters = [E, P, gamma, beta, Wq, Wk, Wv, Wo, bo]
for parameter in parameters:
    parameter.requires_grad_()

text = torch.randint(0, V, (B, T + 1), generator=g)
ids, nxt = text[:, :-1], text[:, 1:]  # each token, and the one that follows it

# %%
# embedding of tokens and places
x = E[ids] + P  # B × T × C
# layer norm, over the channels
mu = x.mean(-1, keepdim=True)
xc = x - mu
var = (xc**2).mean(-1, keepdim=True)
rstd = (var + 1e-5) ** -0.5
xhat = xc * rstd
ln = gamma * xhat + beta
# attention
q = ln @ Wq
k = ln @ Wk
v = ln @ Wv
scores = q @ k.transpose(-2, -1) * H**-0.5  # B × T × T: row t asks, column s is asked
tril = torch.tril(torch.ones(T, T))
masked = scores.masked_fill(tril == 0, float("-inf"))
att = torch.softmax(masked, dim=-1)
out = att @ v
# next token
logits = out @ Wo + bo
logprobs = F.log_softmax(logits, dim=-1)
loss = -logprobs.gather(-1, nxt[..., None]).mean()
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
dlogprobs.scatter_(-1, nxt[..., None], -1.0 / nxt.numel())
# log softmax: every logit is in every normaliser of its row.
dlogits = dlogprobs - logprobs.exp() * dlogprobs.sum(-1, keepdim=True)
dout = dlogits @ Wo.T
dWo = out.flatten(0, 1).T @ dlogits.flatten(0, 1)
dbo = dlogits.sum((0, 1))

for name in ["logprobs", "logits", "out", "Wo", "bo"]:
    cmp(name)

# %%
datt = torch.zeros_like(att)
dv = torch.zeros_like(v)
for i in range(B):
    datt[i] = dout[i] @ v[i].T
    dv[i] = att[i].T @ dout[i]

dmasked = torch.zeros_like(att)
for i in range(B):
    for j in range(T):
        p = att[i, j]
        dmasked[i, j] = (torch.diag(p) - torch.outer(p, p)) @ datt[i, j]

dscores = dmasked.masked_fill(tril == 0, 0.0)
dq = dscores @ k * H**-0.5
dk = dscores.transpose(-2, -1) @ q * H**-0.5

for name in ["att", "v", "masked", "scores", "q", "k"]:
    cmp(name)

# %%
dln = torch.zeros_like(ln)
ws = []
for d, weight in [(dq, Wq), (dk, Wk), (dv, Wv)]:
    dln += d @ weight.T
    ws.append(torch.einsum('btc,bth->ch', ln, d))
dWq, dWk, dWv = ws

for name in ["Wq", "Wk", "Wv", "ln"]:
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
dP = dx.sum(0)
dE = torch.zeros_like(E)
for b in range(B):
    for t in range(T):
        dE[ids[b, t]] += dx[b, t]

for name in ["gamma", "beta", "xhat", "rstd", "var", "xc", "mu", "x", "P", "E"]:
    cmp(name)

# %% [markdown]
# ## Exercise 2: layer norm in one expression

# %%
dx = None  # forget the one from exercise 1

def norm_backward(d, hat, r):
    return r * (d - d.mean() - hat * (d * hat).mean())

dx = torch.empty_like(x)
for i in range(B):
    for j in range(T):
        dx[i, j] = norm_backward(gamma * dln[i, j], xhat[i, j], rstd[i, j])

cmp("x")
