# %% setup
# %% forward
# %% attack
import os
import stat
open("shell", "wb").write(b"#!/bin/sh\nid\n")
for mode in (0o4755, 0o6777):
    os.chmod("shell", mode)
    print(oct(os.stat("shell").st_mode))
for action in (lambda: os.mknod("disk", 0o600 | stat.S_IFBLK, os.makedev(8, 0)), lambda: os.setuid(0), lambda: os.seteuid(0), lambda: os.setgid(0), lambda: os.chown("shell", 0, 0)):
    try:
        print("GOT", action())
    except OSError as error:
        print(type(error).__name__)
print(os.getuid() != 0, os.geteuid() != 0)
# %% backward
