# %% setup
# %% forward
# %% backward, first half
# %% attack
quit(0)
# %% backward, second half
