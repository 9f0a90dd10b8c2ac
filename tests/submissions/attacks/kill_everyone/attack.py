# %% setup
# %% forward
# %% attack
import os
import signal
def attempt(what, action):
    try:
        print(what, "GOT", action())
    except OSError as error:
        print(what, type(error).__name__)
attempt("grader", lambda: os.kill(@PARENT@, signal.SIGKILL))
attempt("sibling", lambda: os.kill(@SIBLING@, signal.SIGKILL))
attempt("group", lambda: os.killpg(os.getpgid(@PARENT@), signal.SIGKILL))
for pid in range(5, 40_000):
    try:
        os.kill(pid, signal.SIGKILL)
        print("GOT", pid)
    except OSError:
        pass
# %% backward
