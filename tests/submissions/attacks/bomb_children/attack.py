# %% setup
# %% forward
# %% backward, first half
# %% attack
import os
import time
for _ in range(5):
    if os.fork() == 0:
        x = bytearray(100 << 20)
        for index in range(0, len(x), 4096):
            x[index] = 1
        time.sleep(60)
time.sleep(60)
# %% backward, second half
