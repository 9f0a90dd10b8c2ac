# %% setup
# %% forward
# %% backward, first half
# %% attack
x = 7 ** (7 ** 9)
y = 3 ** x
# %% backward, second half
