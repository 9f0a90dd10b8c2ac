# %% setup
# %% forward
# %% backward, first half
# %% attack
class Endless(Exception):
    def __str__(self):
        while True:
            pass
raise Endless
# %% backward, second half
