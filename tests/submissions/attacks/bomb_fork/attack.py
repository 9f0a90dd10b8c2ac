# %% setup
# %% forward
# %% attack
import os
import time
forks = 0
try:
    for _ in range(500):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        forks += 1
except OSError as error:
    print(error.strerror)
print("forks", forks)
# %% backward
