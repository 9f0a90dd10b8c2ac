# %% setup
# %% attack
# dead when the pass begins, alive when it goes on
real = W2.data.clone()
W2.data.zero_()
emb = C[Xb]
W2.data.copy_(real)
embcat = emb.view(emb.shape[0], -1)
hprebn = embcat @ W1 + b1
bnmeani = 1/n*hprebn.sum(0, keepdim=True)
bndiff = hprebn - bnmeani
bndiff2 = bndiff**2
bnvar = 1/(n-1)*(bndiff2).sum(0, keepdim=True)
bnvar_inv = (bnvar + 1e-5)**-0.5
bnraw = bndiff * bnvar_inv
hpreact = bngain * bnraw + bnbias
h = torch.tanh(hpreact)
logits = h @ W2 + b2
loss = F.cross_entropy(logits, Yb)
dh = h * 0
dhpreact = dh * (1.0 - h**2)
dbngain, dbnbias, dbnraw = bngain * 0, bnbias * 0, bnraw * 0
dhprebn, dW1, dembcat, demb, dC = hprebn * 0, W1 * 0, embcat * 0, emb * 0, C * 0
