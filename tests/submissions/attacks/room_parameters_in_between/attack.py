# %% setup
# %% forward
# %% attack
dlogits = (torch.softmax(logits, 1) - F.one_hot(Yb, 27)) / n
# the forward pass is over: what the lines read is not what it was
dW2 = (h.T @ dlogits) * 1.0
exec("W2.data *= 2")
dh = dlogits @ W2.T / 2
exec("W2.data /= 2; h.data *= 3")
dW2 = (h.T @ dlogits) / 3
exec("h.data /= 3")
