# %% setup
# %% forward
# %% attack
import os
import time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        import ctypes
        ctypes.CDLL(None).prctl(15, b"grader-attack", 0, 0, 0)
        for descriptor in range(3, 256):
            try:
                os.close(descriptor)
            except OSError:
                pass
        time.sleep(600)
    os._exit(0)
os.wait()
# %% backward
