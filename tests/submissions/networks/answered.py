# A small network with its gradients by hand.
import torch

torch.manual_seed(0)
n = 12
X = torch.randn(n, 4)
Y = torch.randn(n, 2)
W1 = torch.randn(4, 6)
b1 = torch.randn(6) * 0.1
W2 = torch.randn(6, 2)
parameters = [W1, b1, W2]
for p in parameters:
    p.requires_grad = True

hpre = X @ W1 + b1
h = torch.tanh(hpre)
out = h @ W2
diff = out - Y
loss = (diff**2).sum() / n

for t in [hpre, h, out, diff]:
    t.retain_grad()
loss.backward()

ddiff = 2 * diff / n
dout = ddiff.clone()
dW2 = h.T @ dout
dh = dout @ W2.T
local = 1 - h**2
dhpre = local * dh
dW1 = X.T @ dhpre
db1 = dhpre.sum(0)

for name in ["diff", "out", "W2", "h", "hpre", "W1", "b1"]:
    print(name, torch.allclose(globals()["d" + name], globals()[name].grad))
