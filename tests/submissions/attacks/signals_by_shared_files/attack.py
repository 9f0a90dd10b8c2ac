# %% setup
# %% forward
# %% attack
import ctypes
import fcntl
import os
import struct
names = os.path.realpath("names.txt")
libc = ctypes.CDLL(None, use_errno=True)
first, second = open(names, "rb"), open(names, "rb")
def exclusive(command):
    lock = struct.pack("hhqqi", fcntl.F_RDLCK, 0, 0, 1, 0)
    return lambda file: fcntl.fcntl(file, command, lock)
def tried(what, act):
    try:
        print(what, "GOT" if act() else "refused")
    except OSError as error:
        print(what, "refused" if error.errno == 1 else error)
def binds():
    fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
def seen(lock):
    lock(first)
    ask = struct.pack("hhqqi", fcntl.F_WRLCK, 0, 0, 1, 0)
    pid = os.fork()
    if pid == 0:
        kind = struct.unpack("hhqqi", fcntl.fcntl(second, fcntl.F_GETLK, ask))[0]
        os._exit(kind != fcntl.F_UNLCK and kind != fcntl.F_WRLCK)
    return os.waitpid(pid, 0)[1]
tried("flock", binds)
tried("a lock of the process", lambda: seen(exclusive(fcntl.F_SETLK)))
tried("a lock of the file", lambda: seen(exclusive(37)))
tried("a lease", lambda: fcntl.fcntl(first, fcntl.F_SETLEASE, fcntl.F_RDLCK) == 0)
tried("a note on a folder", lambda: fcntl.fcntl(os.open(os.path.dirname(names), os.O_RDONLY), fcntl.F_NOTIFY, 1) == 0)
tried("a watch", lambda: libc.inotify_init1(0) >= 0)
tried("the page cache", lambda: libc.syscall(451, first.fileno(), bytes(16), bytes(40), 0) == 0)
# %% backward
