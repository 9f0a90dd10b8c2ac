# %% setup
# %% forward
# %% attack
dlogits = (torch.softmax(logits, 1) - F.one_hot(Yb, 27)) / n
def wide(t):
    return t + torch.ones(10**5, 10**6).mean() * 0
def listed(t):
    return t + len([0] * 10**11) * 0
def down(t, k):
    return down(t, k + 1)
exec("kept = wide, listed, down; wide = listed = lambda t: t; down = lambda t, k: t")
dh = wide(dlogits @ W2.T)
dW2 = listed(h.T @ dlogits)
db2 = down(dlogits.sum(0), 0)
exec("wide, listed, down = kept")
dhpreact = (1.0 - h**2) * dh
