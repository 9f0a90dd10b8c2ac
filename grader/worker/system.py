"""Calls of the C library that Python 3.11 does not offer. Linux only."""

import ctypes
import functools
import os
import struct
from typing import Any

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x4_0000
MNT_DETACH = 0x2

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

_CAPABILITY_VERSION_3 = 0x2008_0522
_SYS_MOUNT_SETATTR = 442  # the same number on every architecture
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000


class RefusedError(OSError):
    """The machine does not allow new namespaces to this process."""


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: Any) -> None:
    if getattr(_libc(), name)(*arguments) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)


def unshare(flags: int) -> None:
    """Leave the shared namespaces named by CLONE_NEW* flags, all of them or none.

    Raises `RefusedError`.
    """
    try:
        _call("unshare", ctypes.c_int(flags))
    except OSError as error:
        raise RefusedError(f"new namespaces: {error.strerror}") from error


def prctl(option: int, value: int = 0, address: int = 0) -> None:
    """Set a property of this process."""
    _call("prctl", ctypes.c_int(option), *(ctypes.c_ulong(v) for v in (value, address, 0, 0)))


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount; empty strings for what a flag combination ignores."""
    texts = [text.encode() for text in (source, target, kind)]
    _call("mount", *texts, ctypes.c_ulong(flags), data.encode() or None)


def bind(source: str, target: str) -> None:
    """Show `source`, with all that is mounted below it, at `target` too."""
    mount(source, target, flags=MS_BIND | MS_REC)


def make_read_only(path: str) -> None:
    """Make the mount at `path` and all below it read-only (kernel ≥ 5.12)."""
    attributes = struct.pack("=QQQQ", MS_RDONLY, 0, 0, 0)
    _call(
        "syscall",
        ctypes.c_long(_SYS_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        path.encode(),
        ctypes.c_uint(_AT_RECURSIVE),
        attributes,
        ctypes.c_size_t(len(attributes)),
    )


def pivot_root(new_root: str, put_old: str) -> None:
    """Make `new_root` the root of the file tree, the old one appears at `put_old`."""
    _call("pivot_root", new_root.encode(), put_old.encode())


def unmount(path: str) -> None:
    """Detach the mount at `path`."""
    _call("umount2", path.encode(), ctypes.c_int(MNT_DETACH))


def become(user: int) -> None:
    """Be this user and group, and in no other group, for good; takes root."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    prctl(PR_SET_DUMPABLE, 1)  # or /proc/self would still be root's


def drop_all_capabilities() -> None:
    """Give up every capability for good; needs none to do so."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break  # past the last one of this kernel, or not ours to drop
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    _call("capset", header, bytes(24))
