# %% setup
# %% forward
# %% attack
torch.set_default_device("meta")
# %% backward
