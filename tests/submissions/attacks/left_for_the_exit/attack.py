# %% setup
# %% forward
# %% backward
# %% attack
import atexit
import gc
import threading
import time
import weakref
class Last:
    def __del__(self):
        while True:
            time.sleep(1)
kept = Last()
cycle = [Last()]
cycle.append(cycle)
watched = Last.__new__(Last)
weakref.finalize(watched, time.sleep, 600)
atexit.register(time.sleep, 600)
threading.Thread(target=time.sleep, args=[600]).start()
