# %% setup
# %% forward
# %% attack
x = torch.ones(1 << 34)
# %% backward
