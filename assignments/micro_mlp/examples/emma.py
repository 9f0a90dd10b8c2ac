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
inputs = torch.randn(8, 3, generator=g)
targets = torch.stack([inputs[:, 0] * inputs[:, 1], inputs[:, 2].abs()], dim=1)

w1 = torch.randn(3, 5, generator=g) * 0.8
b1 = torch.randn(5, generator=g) * 0.3
w2 = torch.randn(5, 2, generator=g) * 0.6
b2 = torch.randn(2, generator=g) * 0.3
parameters = [w1, b1, w2, b2]
for parameter in parameters:
    parameter.requires_grad_()

# %%
pre = inputs @ w1 + b1  # 8 × 5: first layer
hidden = pre.relu()
pred = hidden @ w2 + b2  # 8 × 2: second layer
err = pred - targets
sq = err**2
loss = sq.mean()  # over examples and outputs alike
print("loss:", loss.item())

# %%
for parameter in parameters:
    parameter.grad = None
for tensor in (sq, err, pred, hidden, pre):
    tensor.retain_grad()
loss.backward()

# %% [markdown]
# ## Exercise 1: step by step

# %%
dsq = torch.ones_like(sq) / sq.numel()  # a mean of 16 numbers
derr = 2 * err * dsq
dpred = derr.clone()  # targets is only subtracted

for name in ["sq", "err", "pred"]:
    cmp(name)

# %%
def linear_backward(dout, inp, weight):
    return dout @ weight.T, inp.T @ dout, dout.sum(0)

dhidden, dw2, db2 = linear_backward(dpred, hidden, w2)

for name in ["hidden", "w2", "b2"]:
    cmp(name)

# %%
dpre = dhidden * (pre > 0)
_, dw1, db1 = linear_backward(dpre, inputs, w1)

for name in ["pre", "w1", "b1"]:
    cmp(name)

# %% [markdown]
# ## Exercise 2: the loss in one expression

# %%
dpred = None  # forget the one from exercise 1

dpred = 2 * (pred - targets) / pred.numel()

cmp("pred")

# %% [markdown]
# ## Exercise 3: training

# %%
max_steps = 2000

with torch.no_grad():
    for step in range(max_steps):
        pre = inputs @ w1 + b1
        hidden = pre.relu()
        pred = hidden @ w2 + b2
        loss = ((pred - targets) ** 2).mean()

        grads = []
        dpred = 2 * (pred - targets) / pred.numel()
        dw2 = hidden.T @ dpred
        db2 = dpred.sum(0)
        dpre = (dpred @ w2.T) * (pre > 0)
        dw1 = inputs.T @ dpre
        db1 = dpre.sum(0)
        grads = [dw1, db1, dw2, db2]
        if not grads:
            break

        for parameter, gradient in zip(parameters, grads):
            parameter -= 0.1 * gradient

        if step % 500 == 0:
            print(f"{step:5d}: {loss.item():.4f}")
