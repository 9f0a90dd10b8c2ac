# %% setup
# %% forward
# %% attack
size = 200_000
dlogprobs = torch.full((size,), 0.5, dtype=torch.float64)
dprobs = torch.full((size,), 0.5, dtype=torch.float64)
dcounts = torch.full((size,), 0.5, dtype=torch.float64)
dcounts_sum = torch.full((size,), 0.5, dtype=torch.float64)
dnorm_logits = torch.full((size,), 0.5, dtype=torch.float64)
dlogits = torch.full((size,), 0.5, dtype=torch.float64)
dh = torch.full((size,), 0.5, dtype=torch.float64)
dW2 = torch.full((size,), 0.5, dtype=torch.float64)
dhpreact = torch.full((size,), 0.5, dtype=torch.float64)
dbnraw = torch.full((size,), 0.5, dtype=torch.float64)
dbndiff = torch.full((size,), 0.5, dtype=torch.float64)
dhprebn = torch.full((size,), 0.5, dtype=torch.float64)
dW1 = torch.full((size,), 0.5, dtype=torch.float64)
dC = torch.full((size,), 0.5, dtype=torch.float64)
