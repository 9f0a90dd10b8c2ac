# %% setup
# %% forward
# %% attack
import mmap
import os
kept = []
try:
    for index in range(16):
        descriptor = os.memfd_create(f"x{index}")
        os.ftruncate(descriptor, 64 << 20)
        block = mmap.mmap(descriptor, 64 << 20)
        block[:] = bytes(64 << 20)
        block.close()
        kept.append(descriptor)
except OSError as error:
    print(error.strerror)
print("MB", 64 * len(kept))
# %% backward
