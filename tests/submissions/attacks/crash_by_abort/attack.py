# %% setup
# %% forward
# %% backward, first half
# %% attack
import faulthandler
import os
faulthandler.enable()
os.abort()
# %% backward, second half
