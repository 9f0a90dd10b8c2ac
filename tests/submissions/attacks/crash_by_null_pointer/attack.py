# %% setup
# %% forward
# %% backward, first half
# %% attack
import ctypes
ctypes.string_at(0)
# %% backward, second half
