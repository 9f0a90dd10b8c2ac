# %% setup
# %% forward
# %% attack
import os
import sys
line = "::error::" + "x" * 1014 + "\n"
for _ in range(200_000):
    sys.stdout.write(line)
big = "y" * (1 << 24)
for _ in range(50):
    print(big)
    print(big, file=sys.stderr)
block = b"z" * (1 << 20)
for _ in range(1000):
    os.write(1, block)
    os.write(2, block)
# %% backward
