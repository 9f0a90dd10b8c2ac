# %% setup
# %% forward
# %% attack
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
made = 0
for index in range(16):
    number = libc.shmget(0x67726173 + index, ctypes.c_size_t(64 << 20), 0o1600)
    if number < 0:
        print("errno", ctypes.get_errno())
        break
    place = libc.shmat(number, None, 0)
    ctypes.memset(place, 1, 64 << 20)
    libc.shmdt(ctypes.c_void_p(place))
    made += 1
print("segments", made)
# %% backward
