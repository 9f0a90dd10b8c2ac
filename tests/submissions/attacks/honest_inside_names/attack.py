# %% setup
# %% forward
# %% backward, first half
# %% attack
from dataclasses import dataclass
@dataclass
class Kept:
    grad: torch.Tensor
    hook: torch.Tensor
class Layer:
    def linear_backward(self, dout, x, weight):
        return dout @ weight.T, x.T @ dout, dout.sum(0)
def tanh_backward(dout, out):
    return (1.0 - out**2) * dout
layer = Layer()
kill, jvp, grad = layer.linear_backward(dlogits, h, W2)
dh, dW2, db2 = kill, jvp, grad
dhpreact = tanh_backward(dh, h)
# %% attack
def norm_backward(dup):
    vjp = bngain * dup
    return vjp, (bnraw * dup).sum(0, keepdim=True), dup.sum(0, keepdim=True)
dbnraw, dbngain, dbnbias = norm_backward(dhpreact)
fork = (bndiff * dbnraw).sum(0, keepdim=True)
dbnvar_inv = fork
dbndiff = bnvar_inv * dbnraw
dbnvar = (-0.5*(bnvar + 1e-5)**-1.5) * dbnvar_inv
dbndiff2 = (1.0/(n-1))*torch.ones_like(bndiff2) * dbnvar
dbndiff += (2*bndiff) * dbndiff2
dhprebn = dbndiff.clone()
dbnmeani = (-dbndiff).sum(0, keepdim=True)
dhprebn += 1.0/n * (torch.ones_like(hprebn) * dbnmeani)
exec_ = layer.linear_backward(dhprebn, embcat, W1)
dembcat, dW1, db1 = exec_
demb = dembcat.view(emb.shape)
dC = torch.zeros_like(C)
for k in range(Xb.shape[0]):
    for j in range(Xb.shape[1]):
        dC[Xb[k, j]] += demb[k, j]
kept = Kept(grad=dC, hook=dW1)
