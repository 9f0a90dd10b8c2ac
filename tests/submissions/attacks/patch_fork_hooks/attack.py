# %% setup
# %% attack
import logging
import os
import random
ours, seen = {os.getpid()}, []
def hook(*_):
    seen.append(os.getpid())
    if os.getpid() not in ours and os.getppid() not in ours:
        os._exit(9)
class Lock:
    acquire = release = __enter__ = __exit__ = _at_fork_reinit = lambda self, *_: hook()
os.register_at_fork(before=hook, after_in_parent=hook, after_in_child=hook)
logging._lock = Lock()
random.getstate = random.setstate = hook
if os.fork() == 0:
    os._exit(0)
os.wait()
print("hooks ran in", len(set(seen)), "process, which is ours:", set(seen) == ours)
# %% forward
# %% backward
# %% attack
if os.fork() == 0:
    os._exit(0)
os.wait()
