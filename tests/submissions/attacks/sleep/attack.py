# %% setup
# %% forward
# %% backward, first half
# %% attack
import time
time.sleep(10**6)
# %% backward, second half
