# %% setup
# %% forward
# %% attack
import os
import socket
kept, sent = [], 0
block = bytes(1 << 20)
for _ in range(100):
    try:
        pair = socket.socketpair()
        for side in pair:
            side.setblocking(False)
            try:
                side.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)
            except OSError as error:
                print(error.strerror)
            try:
                while sent < 1 << 30:
                    sent += side.send(block)
            except BlockingIOError:
                pass
        kept.append(pair)
    except OSError as error:
        print(error.strerror)
        break
print("MB", sent >> 20)
# %% backward
