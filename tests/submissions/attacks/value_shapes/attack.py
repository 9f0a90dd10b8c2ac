# %% setup
# %% forward
# %% attack
dlogprobs = torch.tensor(1.0)
dprobs = torch.zeros(0)
dcounts = torch.zeros(32, 0, 27)
dh = torch.zeros((1,) * 60)
dW2 = torch.zeros(27, 64)
db2 = 0.0
dhpreact = True
dW1 = 10**400
dC = float("nan")
dbngain = torch.full_like(bngain, float("inf"))
dbnbias = torch.full_like(bnbias, float("nan"))
