# %% setup
# %% attack
n = 4_000_000
# %% forward
# %% attack
loss = -logprobs[torch.arange(32), Yb].mean()
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[torch.arange(32), Yb] = -1.0/n
dlogits = (probs - F.one_hot(Yb, 27)) / n
dh = dlogits @ W2.T
dW2 = h.T @ dlogits
db2 = dlogits.sum(0)
