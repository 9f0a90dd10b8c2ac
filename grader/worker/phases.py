"""Where ordinary and audit run part: one process forks each of them from the same state.

cells … ── part() ── coordinator: forks, waits, reports, reads the next request
                        ├── ordinary run: goes on from here to the end
                        └── audit runs, one after the other: go on from the same place

The coordinator has the student's memory, and an autograd engine that nobody has perturbed: no
student code may run in it. What it calls was looked up before there was any.
"""

from __future__ import annotations

import _thread
import gc
import os
import signal
import sys
from typing import Any, NamedTuple

from grader import wire
from grader.worker.channel import Channel
from grader.worker.forking import fork

_wait: Any = getattr(os, "waitpid", None)
_kill, _leave, _pid, _code = os.kill, os._exit, os.getpid, os.waitstatus_to_exitcode
_handle, _signals = signal.signal, sorted(signal.valid_signals())
_set_timer: Any = getattr(signal, "setitimer", None)
_no_collection, _no_trace, _no_profile = gc.disable, sys.settrace, sys.setprofile
_threads = _thread._count  # noqa: SLF001

BROKEN = 70
"""Exit code (EX_SOFTWARE) of a run that could not be carried out."""


class Asked(NamedTuple):
    """A request for an audit run, with its tensors."""

    audit: wire.Audit
    blob: bytes


class Phases:
    """Knows whether this run parts, and parts it once."""

    def __init__(self, request: wire.RunRequest, blob: bytes, channel: Channel) -> None:
        self.channel = channel
        self.parts = request.parts
        self.asked = Asked(request.audit, blob) if request.audit else None
        self.parted = False

    def part(self) -> Asked | None:
        """Fork here, the first time that this is called.

        Returns in the process that is to go on: None for the ordinary run, the request
        for an audit run. The coordinator itself never returns. Where other threads run there
        is no parting, for they would run in the coordinator too.
        """
        if self.parted:
            return None
        self.parted = True
        if not self.parts:
            if self.asked is not None:
                _end_others()
            return self.asked
        if _threads():
            return None
        self.channel.send(wire.Parted())
        asked: Asked | None = None
        while (pid := _child()) > 0:
            try:
                asked = self._coordinate(pid)
            except BaseException:  # noqa: BLE001 - nothing may unwind into student code here
                _leave(BROKEN)
        self.channel.adopt()
        return asked

    def _coordinate(self, pid: int) -> Asked:
        """See a run to its end, and wait for what is asked for next."""
        _quieten()
        self._wait(pid)
        return self._next()

    def _wait(self, pid: int) -> None:
        """Wait for the run's end, end what it left behind, and say how it ended."""
        code = _code(_wait(pid, 0)[1])
        _end_others()
        self.channel.adopt()
        ended = wire.PhaseEnded(code=code) if code >= 0 else wire.PhaseEnded(signal=-code)
        self.channel.send(ended)

    def _next(self) -> Asked:
        frame = self.channel.receive()
        if frame is None:
            _leave(0)  # no more is asked
        header, blob = frame
        return Asked(wire.decode_audit(header), blob)


def _child() -> int:
    """Fork; where that is refused the run ends, for this process may not go on with it."""
    try:
        return fork()
    except OSError:
        _leave(BROKEN)


def _end_others() -> None:
    """End all others in this process's own namespace: a stray could know what this run may not."""
    if _pid() == 1:
        try:
            _kill(-1, signal.SIGKILL)
            while True:
                _wait(-1, 0)  # the dead count as processes until somebody asks for them
        except (ProcessLookupError, ChildProcessError):
            return  # there is none left


def _quieten() -> None:
    """Undo whatever would call student code in this process."""
    _no_collection()  # or objects would be finalised
    _no_trace(None)
    _no_profile(None)
    for timer in range(3):
        _set_timer(timer, 0)
    for number in _signals:
        try:
            _handle(number, signal.SIG_DFL)
        except (OSError, ValueError):
            continue  # one that nobody can handle
