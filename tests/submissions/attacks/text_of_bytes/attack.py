# %% setup
# %% forward
# %% attack
import os
import sys
rubbish = bytes(range(128, 256))
for stream in (sys.stdout, sys.stderr):
    if hasattr(stream, "buffer"):
        stream.buffer.write(rubbish)
        stream.buffer.flush()
os.write(1, rubbish)
print(os.fsdecode(rubbish))
print("afterwards")
# %% attack
name = os.fsdecode(b"dh\xff\xfe")
open(name, "w").close()
print(os.listdir("."), name)
get_ipython().system("cat " + name)
get_ipython().run_line_magic("cd", name)
globals()[name] = torch.zeros(3)
globals()["d" + name] = torch.zeros(3)
# %% attack
rubbish.decode()
# %% backward
