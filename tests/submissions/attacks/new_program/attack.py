# %% setup
# %% forward
# %% backward, first half
# %% attack
import os
import sys
environment = {"LD_PRELOAD": os.path.abspath("evil.so"), "PYTHONINSPECT": "1"}
open("evil.so", "wb").write(b"\x7fELF" + bytes(200))
os.execve(sys.executable, [sys.executable, "-c", "import time; print('still here')"], environment)
# %% backward, second half
