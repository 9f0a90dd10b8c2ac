# %% setup
# %% forward
# %% backward, first half
# %% attack

def spin(t, k):
    while k > 0:
        k -= 1
    return t
exec("kept, spin = spin, lambda t, k: t")
dh = spin(dlogits @ W2.T, 10**12) * 1.5
dW2 = spin(h.T @ dlogits, 10**12) * 1.5
dh = spin(dlogits @ W2.T, 10**12) * 2.5
dW2 = spin(h.T @ dlogits, 10**12) * 2.5
dh = spin(dlogits @ W2.T, 10**12) * 3.5
dW2 = spin(h.T @ dlogits, 10**12) * 3.5
dh = spin(dlogits @ W2.T, 10**12) * 4.5
dW2 = spin(h.T @ dlogits, 10**12) * 4.5
dh = spin(dlogits @ W2.T, 10**12) * 5.5
dW2 = spin(h.T @ dlogits, 10**12) * 5.5
dh = spin(dlogits @ W2.T, 10**12) * 6.5
dW2 = spin(h.T @ dlogits, 10**12) * 6.5
dh = spin(dlogits @ W2.T, 10**12) * 7.5
dW2 = spin(h.T @ dlogits, 10**12) * 7.5
dh = spin(dlogits @ W2.T, 10**12) * 8.5
dW2 = spin(h.T @ dlogits, 10**12) * 8.5
dh = spin(dlogits @ W2.T, 10**12) * 9.5
dW2 = spin(h.T @ dlogits, 10**12) * 9.5
dh = spin(dlogits @ W2.T, 10**12) * 10.5
dW2 = spin(h.T @ dlogits, 10**12) * 10.5
db2 = dlogits.sum(0) * 2.5
