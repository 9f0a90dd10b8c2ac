# %% setup
# %% forward
# %% attack
import threading
import time
started = 0
try:
    for _ in range(2000):
        threading.Thread(target=time.sleep, args=[60], daemon=True).start()
        started += 1
except RuntimeError as error:
    print(error)
print("threads", started)
# %% backward
