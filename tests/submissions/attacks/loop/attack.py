# %% setup
# %% forward
# %% backward, first half
# %% attack
while True:
    pass
# %% backward, second half
