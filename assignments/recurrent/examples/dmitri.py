# %% [markdown]
# # Backwards through time

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
T, n, D, H, classes = 3, 2, 5, 4, 6  # time, sequences, numbers per vector, channels, classes
g = torch.Generator().manual_seed(6)
X = torch.randn(T, n, D, generator=g)
h0 = torch.randn(n, H, generator=g) * 0.5
c0 = torch.randn(n, H, generator=g) * 0.5
Wx = torch.randn(D, 4 * H, generator=g) * 0.5
Wh = torch.randn(H, 4 * H, generator=g) * 0.5
b = torch.randn(4 * H, generator=g) * 0.3
Wo = torch.randn(H, classes, generator=g) * 0.7
bo = torch.randn(classes, generator=g) * 0.2
for tensor in (X, h0, c0, Wx, Wh, b, Wo, bo):
    tensor.requires_grad_()
y = torch.randint(0, classes, (T, n), generator=g)

# %%
h, c = h0, c0
inputs, forgets, cands, outs, cells, hiddens = [], [], [], [], [c0], [h0]
for t in range(T):
    z = X[t] @ Wx + h @ Wh + b  # n × 4H
    inp = torch.sigmoid(z[:, :H])  # what is written into the cell
    forget = torch.sigmoid(z[:, H : 2 * H])  # what is kept in it
    cand = torch.tanh(z[:, 2 * H : 3 * H])  # what could be written
    outg = torch.sigmoid(z[:, 3 * H :])  # what is shown of it
    c = forget * c + inp * cand
    tc = torch.tanh(c)
    h = outg * tc
    inputs.append(inp)
    forgets.append(forget)
    cands.append(cand)
    outs.append(outg)
    cells.append(c)
    hiddens.append(h)
hs = torch.stack(hiddens[1:])  # T × n × H
logits = hs @ Wo + bo
logprobs = F.log_softmax(logits, dim=-1)
loss = -logprobs.gather(-1, y[..., None]).mean()
print("loss:", loss.item())

# %%
for tensor in (X, h0, c0, Wx, Wh, b, Wo, bo):
    tensor.grad = None
for tensor in (logprobs, logits, hs, h, outg, tc, c, forget, inp, cand, z):
    tensor.retain_grad()
loss.backward()

# %% [markdown]
# ## Exercise 1: the output layer

# %%
dlogprobs = torch.zeros_like(logprobs)
dlogprobs.scatter_(-1, y[..., None], -1.0 / y.numel())
dlogits = dlogprobs - logprobs.exp() * dlogprobs.sum(-1, keepdim=True)
dhs = dlogits @ Wo.T
dWo = sum(hiddens[t + 1].T @ dlogits[t] for t in range(T))
dbo = dlogits.sum((0, 1))

for name in ["logprobs", "logits", "hs", "Wo", "bo"]:
    cmp(name)

# %% [markdown]
# ## Exercise 2: one step of time

# %%
dh = dhs[-1]
doutg = dh * tc
dtc = dh * outg
dc = dtc * (1 - tc**2)
dforget = dc * cells[-2]
dinp = dc * cand
dcand = dc * inp
dz = torch.zeros_like(z)
dz[:, :H] = dinp * inp * (1 - inp)
dz[:, H:2 * H] = dforget * forget * (1 - forget)
dz[:, 2 * H:3 * H] = dcand * (1 - cand**2)
dz[:, 3 * H:] = doutg * outg * (1 - outg)

for name in ["h", "outg", "tc", "c", "forget", "inp", "cand", "z"]:
    cmp(name)

# %% [markdown]
# ## Exercise 3: through time

# %%
dWx, dWh, db = torch.zeros_like(Wx), torch.zeros_like(Wh), torch.zeros_like(b)
dzs = []
dh_next, dc_next = torch.zeros_like(h0), torch.zeros_like(c0)
for t in reversed(range(T)):
    dh_t = dhs[t] + dh_next
    tanh_c = torch.tanh(cells[t + 1])
    dc_t = dh_t * outs[t] * (1 - tanh_c**2) + dc_next
    dz_t = torch.cat(
        [
            dc_t * cands[t] * inputs[t] * (1 - inputs[t]),
            dc_t * cells[t] * forgets[t] * (1 - forgets[t]),
            dc_t * inputs[t] * (1 - cands[t] ** 2),
            dh_t * tanh_c * outs[t] * (1 - outs[t]),
        ],
        dim=1,
    )
    dzs.insert(0, dz_t)
    dh_next = dz_t @ Wh.T
    dc_next = dc_t * forgets[t]
dzs = torch.stack(dzs)
dX = dzs @ Wx.T
dWx = torch.einsum('tnd,tnz->dz', X, dzs)
dWh = torch.einsum('tnh,tnz->hz', torch.stack(hiddens[:-1]), dzs)
db = dzs.sum((0, 1))
dh0, dc0 = dh_next, dc_next

for name in ["Wx", "Wh", "b", "X", "h0", "c0"]:
    cmp(name)
