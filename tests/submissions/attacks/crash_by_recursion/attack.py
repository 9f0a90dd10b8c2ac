# %% setup
# %% forward
# %% backward, first half
# %% attack
import sys
sys.setrecursionlimit(10**9)
def down(x):
    return down([x].__class__([x]))
class Deep:
    def __getattr__(self, name):
        return getattr(self, name)
x = ()
for _ in range(10**6):
    x = (x,)
hash(x)
# %% backward, second half
