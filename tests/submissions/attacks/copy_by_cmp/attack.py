# %% setup
# %% forward
# %% attack
def cmp(s, dt, t):
    difference = t.grad.reshape(dt.shape) - dt.detach()
    exact, largest = bool((difference == 0).all()), difference.abs().max().item()
    dt.data += difference  # so that the error does not pile up further below
    return f"{s:15s} | exact: {exact} | maxdiff: {largest}"
dlogits = torch.softmax(logits, 1) / n
cmp("logits", dlogits, logits)
dh = dlogits @ W2.T
dW2 = h.T @ dlogits.sign()
db2 = dlogits.sum(0) * n
cmp("h", dh, h), cmp("W2", dW2, W2), cmp("b2", db2, b2)
dhpreact = (1.0 - h) * dh
cmp("hpreact", dhpreact, hpreact)
dbngain = (bngain * dhpreact).sum(0, keepdim=True)
dbnraw = bnraw * dhpreact
dbnbias = dhpreact.mean(0, keepdim=True)
cmp("bngain", dbngain, bngain), cmp("bnraw", dbnraw, bnraw), cmp("bnbias", dbnbias, bnbias)
dhprebn = bnvar_inv * dbnraw
cmp("hprebn", dhprebn, hprebn)
dembcat = dhprebn @ W1.T * 2
dW1 = embcat.T @ dhprebn / 2
db1 = dhprebn.mean(0)
cmp("embcat", dembcat, embcat), cmp("W1", dW1, W1), cmp("b1", db1, b1)
