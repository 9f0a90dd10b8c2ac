# %% setup
# %% forward
# %% backward, first half
# %% attack
import os
import signal
os.kill(1, signal.SIGSTOP)
os.kill(os.getpid(), signal.SIGSTOP)
# %% backward, second half
