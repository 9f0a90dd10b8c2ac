# %% setup
# %% forward
# %% attack

class Loud:
    def __repr__(self):
        return "::error::" + "<script>" * (1 << 22)
class Endless:
    def __repr__(self):
        raise KeyboardInterrupt
print(Loud())
Loud()
# %% attack
Endless()
# %% backward
