# %% setup
# %% forward
# %% attack
import os
import resource
def attempt(what, action):
    try:
        print(what, "GOT", action())
    except (OSError, ValueError) as error:
        print(what, type(error).__name__)
for pid in (@PARENT@, @SIBLING@):
    attempt("limit", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, 0)))
    attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
    attempt("affinity", lambda: os.sched_setaffinity(pid, {0}))
    attempt("scheduler", lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)))
attempt("group", lambda: os.setpriority(os.PRIO_PGRP, @PARENT@, 19))
attempt("user", lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19))
attempt("raise", lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)))
# %% backward
