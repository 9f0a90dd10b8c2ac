"""CPU time and memory of a process and all its descendants, from Linux's /proc."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_AFTER_NAME = 2
_UTIME, _TIMES = 11, 4  # of the fields after the name: utime, stime, cutime, cstime

_SOCKET_BYTES = 212_992
"""Linux's own setting for a socket's buffer."""


class ProcessTree:
    """The living processes below `root`, itself included."""

    def __init__(self, root: int) -> None:
        self._root = root

    @staticmethod
    def measurable() -> bool:
        """Whether this machine tells what a process used."""
        return sys.platform == "linux" and Path("/proc/self/stat").exists()

    def cpu_seconds(self) -> float:
        """User and system time, that of ended and awaited children included."""
        return sum(_cpu_seconds(pid) for pid in self._pids())

    def queued_seconds(self) -> float:
        """How long the process that waited most for a CPU, ready to go on, has waited for it."""
        return max(_queued_seconds(pid) for pid in self._pids())

    def memory_bytes(self) -> int:
        """Memory that belongs to no file; pages shared with others count in full."""
        return sum(_sum_of(pid, "status", ("RssAnon", "RssShmem")) for pid in self._pids())

    def memory_share_bytes(self) -> int:
        """The same with each shared page divided among its holders: exact, and slower.

        Where the kernel does not tell, the same as `memory_bytes`.
        """
        names = ("Pss_Anon", "Pss_Shmem")
        return sum(_sum_of(pid, "smaps_rollup", names) for pid in self._pids()) or (
            self.memory_bytes()
        )

    def socket_bytes(self) -> int:
        """What the buffers of its sockets can hold: memory that the kernel puts down to nobody."""
        sockets = {socket for pid in self._pids() for socket in _sockets(pid)}
        return len(sockets) * _buffer_bytes()

    def _pids(self) -> list[int]:
        pids = [self._root]
        for pid in pids:  # grows as children are found
            pids += _children(pid)
        return pids


def memory_available() -> int:
    """Bytes that this machine can still give out without swapping; plenty if it is not told."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return sys.maxsize
    found = (line.split() for line in lines if line.startswith("MemAvailable:"))
    return next((int(fields[1]) << 10 for fields in found), sys.maxsize)


def _children(pid: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        lists = [_read(pid, f"task/{thread.name}/children") for thread in threads]
    except OSError:
        return []
    return [int(child) for text in lists for child in text.split()]


def _sockets(pid: int) -> list[str]:
    """Names of the sockets that a process holds."""
    folder, found = f"/proc/{pid}/fd", []
    with contextlib.suppress(OSError):  # it has gone
        for name in os.listdir(folder):  # noqa: PTH208 - 20 times a second
            with contextlib.suppress(OSError):  # it was closed
                found.append(os.readlink(f"{folder}/{name}"))  # noqa: PTH115
    return [name for name in found if name.startswith("socket:")]


@functools.cache
def _buffer_bytes() -> int:
    """How much a socket holds that has not been read; a run may not enlarge that."""
    try:
        return int(Path("/proc/sys/net/core/wmem_default").read_text())
    except OSError:
        return _SOCKET_BYTES


def _cpu_seconds(pid: int) -> float:
    text = _read(pid, "stat")
    fields = text[text.rfind(")") + _AFTER_NAME :].split()
    return sum(int(field) for field in fields[_UTIME : _UTIME + _TIMES]) / _TICKS


def _queued_seconds(pid: int) -> float:
    fields = _read(pid, "schedstat").split()
    return int(fields[1]) / 1e9 if len(fields) > 1 else 0.0


def _sum_of(pid: int, name: str, keys: tuple[str, ...]) -> int:
    total = 0
    for line in _read(pid, name).splitlines():
        key, _, value = line.partition(":")
        if key in keys:
            total += int(value.split()[0]) << 10
    return total


def _read(pid: int, name: str) -> str:
    """The text of a /proc file, empty if its process has gone meanwhile or forbids it."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""
