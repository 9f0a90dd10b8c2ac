# %% setup
# %% forward
# %% attack
import ctypes
import os
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(4096)
def call(what, number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))
    print(what, "GOT" if result >= 0 else "refused")
call("ptrace", 101, 16, @PARENT@, 0, 0)
import struct
there = struct.pack("QQ", ctypes.addressof(buffer), 64)
call("process_vm_readv", 310, @PARENT@, there, 1, there, 1, 0)
call("pidfd_open", 434, @SIBLING@, 0)
call("mount", 165, b"none", b"/", b"tmpfs", 0, 0)
call("umount", 166, b"/", 2)
call("chroot", 161, b"/sandbox/scratch")
call("unshare user", 272, 0x10000000)
call("unshare mount", 272, 0x20000)
call("setns", 308, 3, 0)
call("setuid", 105, 0)
call("setgroups", 116, 0, buffer)
call("sethostname", 170, b"mine", 4)
call("reboot", 169, 0xFEE1DEAD, 672274793, 0, 0)
call("init_module", 175, buffer, 10, b"")
call("swapon", 167, b"/sandbox/scratch/x", 0)
call("iopl", 172, 3)
call("settimeofday", 164, buffer, 0)
call("quotactl", 179, 0, 0, 0, 0)
call("bpf map", 321, 0, buffer, 72)
# %% backward
