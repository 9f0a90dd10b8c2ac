# %% setup
# %% forward
# %% backward, first half
# %% attack
import builtins
def evil(*arguments, **more):
    raise RuntimeError("all your builtins are mine")
for name in ("len", "isinstance", "getattr", "open", "min", "max", "range", "type", "id", "list", "dict", "set", "tuple", "str", "int", "enumerate", "sorted", "callable", "hasattr", "property", "memoryview"):
    setattr(builtins, name, evil)
# %% backward, second half
