# %% setup
# %% attack
import os
import sys
ours, seen, leave = {os.getpid()}, set(), os._exit
def hook(event, arguments):
    seen.add(os.getpid())
    if os.getpid() not in ours and os.getppid() not in ours:
        leave(9)
sys.addaudithook(hook)
# %% forward
# %% attack
if os.fork() == 0:
    leave(0)
os.wait()
print("hooks ran in", len(seen), "process, which is ours:", seen == ours)
# %% backward
