# %% setup
# %% forward
# %% attack
import os
for path in [
    "@CANARY@/solution.ipynb",
    "solutions/backprop_ninja/solution.ipynb",
    "../../solutions/backprop_ninja/solution.ipynb"
]:
    for look in (os.listdir, lambda path: open(path, "rb").read(), os.readlink, os.stat):
        try:
            print("GOT", look(path))
        except OSError as error:
            print(type(error).__name__)
# %% backward
