# %% setup
# %% forward
# %% backward, first half
# %% attack
import signal
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
signal.setitimer(signal.ITIMER_PROF, 0.01, 0.01)
import time
time.sleep(1)
# %% backward, second half
