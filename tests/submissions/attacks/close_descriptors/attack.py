# %% setup
# %% forward
# %% backward, first half
# %% attack
import os
os.closerange(0, 4096)
# %% backward, second half
