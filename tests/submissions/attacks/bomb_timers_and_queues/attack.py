# %% setup
# %% forward
# %% attack
import ctypes
import os
import select
import signal
libc = ctypes.CDLL(None, use_errno=True)
made, kept, number = 0, [], ctypes.c_int()
while made < 100_000 and libc.syscall(222, 1, None, ctypes.byref(number)) == 0:
    made += 1
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGRTMIN + 3})
queued = 0
while queued < 100_000 and libc.sigqueue(os.getpid(), int(signal.SIGRTMIN) + 3, ctypes.c_void_p(1)) == 0:
    queued += 1
try:
    while True:
        kept.append(select.epoll())
except OSError:
    pass
for each in kept:
    each.close()
print("made fewer than 70,000:", max(made, queued, len(kept)) < 70_000)
# %% backward
