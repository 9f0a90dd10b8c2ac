# %% setup
# %% forward
# %% attack
dlogprobs = torch.zeros_like(logprobs)
mine = getattr(W2, "gr" + "ad").clone()
other = getattr(h, "gr" + "ad").clone()
