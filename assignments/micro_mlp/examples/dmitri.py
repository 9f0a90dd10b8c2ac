# %% [markdown]
# # A first network, backwards

# %%
import torch

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
g = torch.Generator().manual_seed(3)
X = torch.randn(8, 3, generator=g)
Y = torch.stack([X[:, 0] * X[:, 1], X[:, 2].abs()], dim=1)

W1 = torch.randn(3, 5, generator=g) * 0.8
b1 = torch.randn(5, generator=g) * 0.3
W2 = torch.randn(5, 2, generator=g) * 0.6
b2 = torch.randn(2, generator=g) * 0.3
parameters = [W1, b1, W2, b2]
for parameter in parameters:
    parameter.requires_grad_()

# %%
pre = X @ W1 + b1  # 8 × 5: first layer
hid = pre.relu()
pred = hid @ W2 + b2  # 8 × 2: second layer
err = pred - Y
sq = err**2
loss = sq.mean()  # over examples and outputs alike
print("loss:", loss.item())

# %%
for parameter in parameters:
    parameter.grad = None
for tensor in (sq, err, pred, hid, pre):
    tensor.retain_grad()
loss.backward()

# %% [markdown]
# ## Exercise 1: step by step

# %%
dsq = torch.ones_like(sq) / sq.numel()  # a mean of 16 numbers
derr = 2 * err * dsq
dpred = derr.clone()  # Y is only subtracted

for name in ["sq", "err", "pred"]:
    cmp(name)

# %%
dhid, dW2, db2 = torch.zeros_like(hid), torch.zeros_like(W2), torch.zeros_like(b2)
for row in range(len(X)):
    dhid[row] = W2 @ dpred[row]
    dW2 += torch.outer(hid[row], dpred[row])
    db2 += dpred[row]

for name in ["hid", "W2", "b2"]:
    cmp(name)

# %%
dpre = dhid.clone()
dpre[pre <= 0] = 0
dW1 = X.T @ dpre
db1 = dpre.sum(0)

for name in ["pre", "W1", "b1"]:
    cmp(name)

# %% [markdown]
# ## Exercise 2: the loss in one expression

# %%
dpred = None  # forget the one from exercise 1

dpred = 2 * (pred - Y) / pred.numel()

cmp("pred")

# %% [markdown]
# ## Exercise 3: training

# %%
max_steps = 2000

with torch.no_grad():
    for step in range(max_steps):
        pre = X @ W1 + b1
        hid = pre.relu()
        pred = hid @ W2 + b2
        loss = ((pred - Y) ** 2).mean()

        grads = []
        dpred = 2 * (pred - Y) / pred.numel()
        dW2, db2 = torch.zeros_like(W2), torch.zeros_like(b2)
        for i in range(len(X)):
            dW2 += hid[i][:, None] * dpred[i][None, :]
            db2 += dpred[i]
        dpre = (dpred @ W2.T) * (pre > 0)
        dW1 = X.T @ dpre
        db1 = dpre.sum(0)
        grads = [dW1, db1, dW2, db2]
        if not grads:
            break

        for parameter, gradient in zip(parameters, grads):
            parameter -= 0.1 * gradient

        if step % 500 == 0:
            print(f"{step:5d}: {loss.item():.4f}")
