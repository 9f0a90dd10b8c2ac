# %% setup
# %% forward
# %% attack
import ctypes
import mmap
import os
libc = ctypes.CDLL(None, use_errno=True)
descriptor = os.open(os.path.realpath("names.txt"), os.O_RDONLY)
mapped = mmap.mmap(descriptor, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
place = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(mapped)))
def refused(code):
    if code < 0:
        raise OSError(ctypes.get_errno(), "refused")
ways = {
    "what is mapped": lambda: refused(libc.mincore(place, 4096, ctypes.create_string_buffer(1))),
    "what is at hand": lambda: os.preadv(descriptor, [bytearray(1)], 0, os.RWF_NOWAIT),
    "what is cached": lambda: refused(libc.syscall(451, descriptor, bytes(16), bytes(40), 0)),
    "drop": lambda: os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED),
    "drop by number": lambda: refused(libc.syscall(221, descriptor, 0, 0, 4)),
    "page out": lambda: refused(libc.madvise(place, 4096, 21)),
    "cool down": lambda: refused(libc.madvise(place, 4096, 20)),
}
for name, way in ways.items():
    try:
        way()
        print(name, "GOT")
    except OSError:
        print(name, "refused")
# %% backward
