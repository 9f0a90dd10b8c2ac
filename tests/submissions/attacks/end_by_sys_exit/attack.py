# %% setup
# %% forward
# %% backward, first half
# %% attack
import sys
sys.exit(0)
# %% backward, second half
