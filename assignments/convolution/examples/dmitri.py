# %% [markdown]
# # A convolution, backwards

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
n = 2  # images
g = torch.Generator().manual_seed(4)
X = torch.randn(n, 2, 6, 6, generator=g)
K = torch.randn(3, 2, 3, 3, generator=g) * 0.4
bk = torch.randn(3, generator=g) * 0.2
W = torch.randn(27, 4, generator=g) * 0.3
b = torch.randn(4, generator=g) * 0.2
for tensor in (X, K, bk, W, b):
    tensor.requires_grad_()
y = torch.randint(0, 4, (n,), generator=g)  # which of four classes each image is of

# %%
conv = F.conv2d(X, K, bk, padding=1)  # n × 3 × 6 × 6
act = conv.relu()
pool = F.max_pool2d(act, 2)  # n × 3 × 3 × 3
flat = pool.flatten(1)  # n × 27
logits = flat @ W + b
logprobs = F.log_softmax(logits, dim=1)
loss = -logprobs[range(n), y].mean()
print("loss:", loss.item())

# %%
for tensor in (X, K, bk, W, b):
    tensor.grad = None
for tensor in (logprobs, logits, flat, pool, conv):
    tensor.retain_grad()
loss.backward()

# %% [markdown]
# ## Exercise 1: back to the feature maps

# %%
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), y] = -1.0 / n
dlogits = (torch.softmax(logits, 1) - F.one_hot(y, 4)) / n
dflat = dlogits @ W.T
dW = flat.T @ dlogits
db = dlogits.sum(0)

for name in ["logprobs", "logits", "flat", "W", "b"]:
    cmp(name)

# %%
dpool = dflat.view(pool.shape)
# Each pooled pixel is laid over its four; the greatest of them takes the gradient.
dact = torch.zeros_like(act)
for m in range(n):
    for ch in range(3):
        for i in range(3):
            for j in range(3):
                window = act[m, ch, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
                k = window.argmax()
                dact[m, ch, 2 * i + k // 2, 2 * j + k % 2] += dpool[m, ch, i, j]

dconv = dact * (conv > 0)

for name in ["pool", "conv"]:
    cmp(name)

# %% [markdown]
# ## Exercise 2: the convolution

# %%
padded = F.pad(X, (1, 1, 1, 1))
dpadded = torch.zeros_like(padded)
dK = torch.zeros_like(K)
for i in range(6):
    for j in range(6):
        window = padded[:, :, i : i + 3, j : j + 3]  # n × 2 × 3 × 3
        up = dconv[:, :, i, j]  # n × 3
        dK += torch.einsum("no,ncij->ocij", up, window)
        dpadded[:, :, i : i + 3, j : j + 3] += torch.einsum("no,ocij->ncij", up, K)
dX = F.conv_transpose2d(dconv, K, padding=1)
dbk = dconv.sum((0, 2, 3))

for name in ["K", "bk", "X"]:
    cmp(name)
