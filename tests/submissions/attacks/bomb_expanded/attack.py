# %% setup
# %% forward
# %% attack
with torch.no_grad():
    x = torch.zeros(1).expand(10**10) + 1
# %% backward
