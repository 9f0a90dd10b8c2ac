# %% setup
# %% forward
# %% backward, first half
# %% attack
import os
null = os.open(os.devnull, os.O_RDWR)
for descriptor in range(3, 64):
    try:
        os.dup2(null, descriptor)
    except OSError:
        pass
# %% backward, second half
