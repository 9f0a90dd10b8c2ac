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
h_0 = torch.randn(n, H, generator=g) * 0.5
c_0 = torch.randn(n, H, generator=g) * 0.5
W_x = torch.randn(D, 4 * H, generator=g) * 0.5
W_h = torch.randn(H, 4 * H, generator=g) * 0.5
b = torch.randn(4 * H, generator=g) * 0.3
W_o = torch.randn(H, classes, generator=g) * 0.7
bo = torch.randn(classes, generator=g) * 0.2
for tensor in (X, h_0, c_0, W_x, W_h, b, W_o, bo):
    tensor.requires_grad_()
y = torch.randint(0, classes, (T, n), generator=g)

# %%
h, c = h_0, c_0
inputs, forgets, cands, outs, cells, hiddens = [], [], [], [], [c_0], [h_0]
for t in range(T):
    z = X[t] @ W_x + h @ W_h + b  # n × 4H
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
logits = hs @ W_o + bo
logprobs = F.log_softmax(logits, dim=-1)
loss = -logprobs.gather(-1, y[..., None]).mean()
print("loss:", loss.item())

# %%
for tensor in (X, h_0, c_0, W_x, W_h, b, W_o, bo):
    tensor.grad = None
for tensor in (logprobs, logits, hs, h, outg, tc, c, forget, inp, cand, z):
    tensor.retain_grad()
loss.backward()

# %% [markdown]
# ## Exercise 1: the output layer

# %%
dlogprobs = torch.zeros_like(logprobs)
for t in range(T):
    dlogprobs[t, range(n), y[t]] = -1.0 / (T * n)
dlogits = dlogprobs - logprobs.exp() * dlogprobs.sum(-1, keepdim=True)
dhs = dlogits @ W_o.T
dW_o = hs.flatten(0, 1).T @ dlogits.flatten(0, 1)
dbo = dlogits.sum((0, 1))

for name in ["logprobs", "logits", "hs", "W_o", "bo"]:
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
dz = torch.cat(
    [
        dinp * inp * (1 - inp),
        dforget * forget * (1 - forget),
        dcand * (1 - cand**2),
        doutg * outg * (1 - outg),
    ],
    dim=1,
)

for name in ["h", "outg", "tc", "c", "forget", "inp", "cand", "z"]:
    cmp(name)

# %% [markdown]
# ## Exercise 3: through time

# %%
dW_x, dW_h, db = torch.zeros_like(W_x), torch.zeros_like(W_h), torch.zeros_like(b)
dX = torch.zeros_like(X)
dhl = [None] * T + [torch.zeros_like(h_0)]
dcl = [None] * T + [torch.zeros_like(c_0)]
for t in reversed(range(T)):
    dh_t = dhs[t] + dhl[t + 1]
    tanh_c = torch.tanh(cells[t + 1])
    dc_t = dh_t * outs[t] * (1 - tanh_c**2) + dcl[t + 1]
    dz_t = torch.cat(
        [
            dc_t * cands[t] * inputs[t] * (1 - inputs[t]),
            dc_t * cells[t] * forgets[t] * (1 - forgets[t]),
            dc_t * inputs[t] * (1 - cands[t] ** 2),
            dh_t * tanh_c * outs[t] * (1 - outs[t]),
        ],
        dim=1,
    )
    dX[t] = dz_t @ W_x.T
    dW_x += X[t].T @ dz_t
    dW_h += hiddens[t].T @ dz_t
    db += dz_t.sum(0)
    dhl[t] = dz_t @ W_h.T
    dcl[t] = dc_t * forgets[t]
dh_0, dc_0 = dhl[0], dcl[0]

for name in ["W_x", "W_h", "b", "X", "h_0", "c_0"]:
    cmp(name)
