# %% setup
# %% forward
# %% backward, first half
# %% attack
import os
import signal
import threading
import time
def evil(*arguments, **more):
    raise RuntimeError("not for you")
for module, names in {
    os: "write read fork wait waitpid kill getpid waitstatus_to_exitcode dup2 close pipe",
    time: "perf_counter monotonic time sleep",
    threading: "Lock RLock get_ident current_thread active_count",
    signal: "signal setitimer",
}.items():
    for name in names.split():
        setattr(module, name, evil)
# %% backward, second half
