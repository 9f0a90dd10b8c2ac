"""Whether a process may be forked again and again as if nothing but memory had changed."""

import os
import signal
import threading

_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)


class Stillness:
    """What a process had besides its memory before it ran code: a fork has the same."""

    def __init__(self, proc: int) -> None:
        """`proc`: a descriptor of /proc, which may be out of sight."""
        self._proc = proc
        self._descriptors = self._entries("fd")
        self._shared = self._shared_mappings()

    def broken(self) -> str | None:
        """What a fork would lack or share that it should not; None if nothing."""
        if threading.active_count() > 1 or len(self._entries("task")) > 1:
            return "a thread was started"
        if self._entries("fd") != self._descriptors:
            return "a file was left open"
        if self._shared_mappings() != self._shared:
            return "memory is shared with whoever is forked"
        if _has_children():
            return "a process was started"
        if any(signal.getitimer(timer)[0] for timer in _TIMERS):
            return "a timer is running"
        if signal.getsignal(signal.SIGCHLD) is not signal.SIG_DFL:
            return "ends of processes are handled"
        return None

    def _entries(self, name: str) -> frozenset[str]:
        # Listing opens a descriptor, which is the only one of its kind both times.
        folder = os.open(f"self/{name}", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._proc)
        try:
            return frozenset(os.listdir(folder))  # noqa: PTH208 - a descriptor
        finally:
            os.close(folder)

    def _shared_mappings(self) -> frozenset[str]:
        with open(os.open("self/maps", os.O_RDONLY, dir_fd=self._proc)) as lines:  # noqa: PTH123
            return frozenset(line for line in lines if line.split()[1].endswith("s"))


def _has_children() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True
