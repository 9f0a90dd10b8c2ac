# %% setup
# %% forward
# %% backward, first half
# %% attack
import itertools
sum(itertools.repeat(1))
# %% backward, second half
