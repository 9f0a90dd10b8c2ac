# %% setup
# %% forward
# %% attack
import ctypes
import fcntl
import os
import struct
import sys
libc = ctypes.CDLL(None, use_errno=True)
def exclusive(kind):
    return struct.pack("hhqqi", kind, 0, 0, 1, 0)
def binds(path, lock):
    first, second = os.open(path, os.O_RDONLY), os.open(path, os.O_RDONLY)
    try:
        lock(first)
        lock(second)
    except BlockingIOError:
        return True
    finally:
        os.close(first)
        os.close(second)
def held_by_another(path, command, kind):
    """Whether a lock of this process is seen by its child."""
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.fcntl(descriptor, command, exclusive(kind))
    pid = os.fork()
    if pid == 0:
        asked = fcntl.fcntl(descriptor, fcntl.F_GETLK, exclusive(fcntl.F_WRLCK))
        os._exit(struct.unpack("hhqqi", asked)[0] == kind)
    return os.waitpid(pid, 0)[1]
whole = lambda descriptor: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
by_number = lambda descriptor: libc.syscall(73, descriptor, 6) and whole(descriptor)
places = {
    "torch": torch.__file__,
    "the interpreter": os.path.realpath(sys.executable),
    "a folder": os.path.dirname(os.__file__),
    "the root": "/",
    "a device": "/dev/null",
    "the data": os.path.dirname(os.path.realpath("names.txt")),
}
for name, path in places.items():
    try:
        print(name, "GOT" if binds(path, whole) else "refused")
    except OSError:
        print(name, "refused")
print("by number", "GOT" if binds(torch.__file__, by_number) else "refused")
for name, command in {"a part": fcntl.F_SETLK, "a part and wait": fcntl.F_SETLKW, "of the file": 37}.items():
    print(name, "GOT" if held_by_another(torch.__file__, command, fcntl.F_RDLCK) else "refused")
# %% backward
