# %% setup
# %% forward
# %% attack
dlogits = (torch.softmax(logits, 1) - F.one_hot(Yb, 27)) / n
# never reached here, but of the language: 9**9**9**9 in two ways
def enormous(t):
    k = 9
    k **= 9
    k **= 9
    k **= 9
    k **= 9
    k **= 9
    k **= 9
    k **= 9
    k **= 9
    k **= 9
    return t * (1.0 if k else 0.0)
def shifted(t):
    k = 1
    k <<= 10**13
    return t * (1.0 if k else 0.0)
exec("kept = enormous, shifted; enormous = shifted = lambda t: t")
dh = enormous(dlogits @ W2.T)
dW2 = shifted(h.T @ dlogits)
exec("enormous, shifted = kept")
db2 = dlogits.sum(0)
