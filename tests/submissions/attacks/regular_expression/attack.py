# %% setup
# %% forward
# %% backward, first half
# %% attack
import re
re.match('(a+)+$', 'a' * 40 + 'b')
# %% backward, second half
