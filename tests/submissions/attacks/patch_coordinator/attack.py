# %% setup
# %% attack

import os
import sys
import gc
import signal
kill, leave = os.kill, os._exit
def note(what):
    if os.getpid() == parent:
        leave(9)  # the runs to come would be lost
os.wait = os.kill = os.read = os.waitstatus_to_exitcode = lambda *a: note("called")
for number in (signal.SIGCHLD, signal.SIGUSR1, signal.SIGALRM, signal.SIGTERM):
    signal.signal(number, lambda *_: note("handled"))
gc.callbacks.append(lambda *_: os.getpid() == parent and note("collected"))
parent = os.getpid()
# %% forward
# %% attack
for _ in range(20):
    kill(parent, signal.SIGUSR1)
    kill(parent, signal.SIGTERM)
print("parent differs", parent != os.getpid())
# %% backward
