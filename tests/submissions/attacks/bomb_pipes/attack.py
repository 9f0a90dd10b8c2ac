# %% setup
# %% forward
# %% attack
import errno
import fcntl
import os
kept, written = [], 0
try:
    while True:
        reading, writing = os.pipe()
        kept += [reading, writing]
        os.set_blocking(writing, False)
        try:
            fcntl.fcntl(writing, 1031, 1 << 20)
        except OSError as error:
            if len(kept) == 2:
                print(error.strerror)
        try:
            while True:
                written += os.write(writing, bytes(1 << 16))
        except BlockingIOError:
            pass
except OSError as error:
    assert error.errno == errno.EMFILE, error
for descriptor in kept:
    os.close(descriptor)
print("MB", written >> 20)
# %% backward
