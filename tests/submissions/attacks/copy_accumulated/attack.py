# %% setup
# %% forward
# %% attack
def leaf(value, zeros):
    t = value.detach().requires_grad_()
    t.grad = zeros
    return t
dW2, db2, dh = torch.zeros(64, 27), torch.zeros(27), torch.zeros(32, 64)
dbngain, dbnbias = torch.zeros(1, 64), torch.zeros(1, 64)
dhprebn, dembcat = torch.zeros(32, 64), torch.zeros(32, 30)
dW1, db1 = torch.zeros(30, 64), torch.zeros(64)
a, w, b = leaf(h, dh), leaf(W2, dW2), leaf(b2, db2)
F.cross_entropy(a @ w + b, Yb).backward()
z, s, t = leaf(hprebn, dhprebn), leaf(bngain, dbngain), leaf(bnbias, dbnbias)
r = (z - z.mean(0)) * (z.var(0) + 1e-5)**-0.5
torch.tanh(s * r + t).backward(dh)
e, w, b = leaf(embcat, dembcat), leaf(W1, dW1), leaf(b1, db1)
(e @ w + b).backward(dhprebn)
