# %% setup
# %% forward
# %% attack
a, w, b = (t.detach().requires_grad_() for t in (h, W2, b2))
o = a @ w + b
dlogits, dh, dW2, db2 = torch.autograd.grad(F.cross_entropy(o, Yb), (o, a, w, b))
