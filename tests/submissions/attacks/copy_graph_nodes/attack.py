# %% setup
# %% forward
# %% attack
dlogits = (torch.softmax(logits, 1) - F.one_hot(Yb, 27)) / n
def track(*tensors):
    return [t.detach().requires_grad_() for t in tensors]
# second linear layer
a, w = track(h, W2)
dh, dW2 = (a @ w).grad_fn(dlogits.detach())
# tanh
[a] = track(hpreact)
dhpreact = torch.tanh(a).grad_fn(dh)
# scale and shift
scale, raw, shift = track(bngain, bnraw, bnbias)
outer = (scale * raw + shift).grad_fn
through, dbnbias = outer(dhpreact)
dbngain, dbnraw = outer.next_functions[0][0](through)
dbngain, dbnbias = dbngain.sum(0, keepdim=True), dbnbias.sum(0, keepdim=True)
# first linear layer, from the far side of batch norm
dhprebn = bngain*bnvar_inv/n * (n*dhpreact - dhpreact.sum(0) - n/(n-1)*bnraw*(dhpreact*bnraw).sum(0))
a, w, b = track(embcat, W1, b1)
outer = (a @ w + b).grad_fn
through, db1 = outer(dhprebn.detach())
dembcat, dW1 = outer.next_functions[0][0](through)
db1 = db1.sum(0)
