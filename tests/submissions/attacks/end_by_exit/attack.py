# %% setup
# %% forward
# %% backward, first half
# %% attack
exit()
# %% backward, second half
