# %% setup
# %% forward
# %% attack
class Mine(BaseException):
    pass
try:
    raise KeyboardInterrupt
except KeyboardInterrupt:
    pass
raise Mine("not an Exception")
# %% attack
raise KeyboardInterrupt
# %% attack
raise GeneratorExit
# %% attack
raise BaseExceptionGroup("many", [Mine("a"), KeyboardInterrupt()])
# %% backward
