# %% setup
# %% forward
# %% attack
import os
os.symlink("@CANARY@/solution.ipynb", "mine.ipynb")
os.symlink("@CANARY@", "folder")
for path in ("mine.ipynb", "folder/submissions/bob.ipynb", "/sandbox/scratch/../../@CANARY@/solution.ipynb"):
    try:
        print("GOT", open(path).read())
    except OSError as error:
        print(type(error).__name__)
try:
    os.link("@CANARY@/solution.ipynb", "hard.ipynb")
except OSError as error:
    print(type(error).__name__)
# %% backward
