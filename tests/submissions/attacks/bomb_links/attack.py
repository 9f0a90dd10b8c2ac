# %% setup
# %% forward
# %% attack
import os
count = 0
try:
    for folder in (".", os.environ["TMPDIR"], "/dev/shm") * 100_000:
        for kind in (os.symlink, lambda _, place: os.mkdir(place), lambda _, place: os.mkfifo(place)):
            kind("x", f"{folder}/{count}")
            count += 1
except OSError as error:
    print(error.strerror)
print("fewer than 10,000:", count < 10_000)
# %% backward
