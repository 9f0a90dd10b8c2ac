# %% setup
# %% forward
# %% attack
import fcntl
import os
import struct
names = os.path.realpath("names.txt")
folder = os.path.dirname(names)
descriptor = os.open(names, os.O_RDONLY)
def flags():
    fcntl.ioctl(descriptor, 0x40086602, struct.pack("l", 0x10))  # FS_IOC_SETFLAGS
def reads():
    before = os.stat(names).st_atime_ns
    for _ in range(3):
        with open(names) as file:
            file.read()
    if os.stat(names).st_atime_ns == before:
        raise OSError("no time of it is kept")
ways = {
    "times": lambda: os.utime(names, (1, 2)),
    "times by descriptor": lambda: os.utime(descriptor, (1, 2)),
    "permissions": lambda: os.chmod(names, 0o700),
    "permissions by descriptor": lambda: os.fchmod(descriptor, 0o700),
    "an owner": lambda: os.chown(names, 12345, -1),
    "a link": lambda: os.link(names, f"{folder}/another"),
    "a link here": lambda: os.link(names, "another"),
    "an attribute": lambda: os.setxattr(names, "user.word", b"x"),
    "an attribute by descriptor": lambda: os.setxattr(descriptor, "user.word", b"x"),
    "flags": flags,
    "a length": lambda: os.truncate(names, 3),
    "a file beside": lambda: open(f"{folder}/word", "w"),
    "reading": reads,
}
for name, way in ways.items():
    try:
        way()
        print(name, "GOT")
    except OSError:
        print(name, "refused")
# %% backward
