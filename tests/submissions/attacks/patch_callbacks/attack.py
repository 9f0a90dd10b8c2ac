# %% setup
# %% attack
import atexit
import gc
import logging
import multiprocessing.util
import os
import signal
import sys
import threading
import warnings
import weakref
ours, seen, leave, out = {os.getpid()}, set(), os._exit, sys.stdout
def note(*_, **__):
    seen.add(os.getpid())
    if os.getpid() not in ours and os.getppid() not in ours:
        leave(9)
class Out:
    def write(self, text):
        note()
        return out.write(text)
    def __getattr__(self, name):
        note()
        return getattr(out, name)
class Handler(logging.Handler):
    emit = createLock = acquire = release = note
gc.callbacks.append(note)
for number in (signal.SIGCHLD, signal.SIGHUP, signal.SIGUSR2, signal.SIGALRM, signal.SIGPIPE):
    signal.signal(number, note)
sys.excepthook = sys.unraisablehook = threading.excepthook = warnings.showwarning = note
sys.displayhook = note
logging.getLogger().addHandler(Handler())
multiprocessing.util.register_after_fork(ours_too := Out(), note)
atexit.register(note)
weakref.finalize(ours_too, note)
sys.stdout = ours_too
# %% forward
# %% attack
logging.warning("a word")
gc.collect()
sys.stdout = out
print("called in", len(seen), "process, which is ours:", seen == ours)
# %% backward
