# %% setup
# %% forward
# %% backward, first half
# %% attack
import os
os._exit(0)
# %% backward, second half
