"""Where ordinary and audit run part: one process forks each of them from the same state.

cells … ── part() ── coordinator: forks, waits, reports, reads the next request
                        ├── ordinary run: goes on from here to the end
                        └── audit runs, one after the other: go on from the same place
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import NamedTuple

from grader import wire
from grader.worker.channel import Channel
from grader.worker.forking import fork


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
        for an audit run. The coordinator itself never returns.
        """
        if self.parted:
            return None
        self.parted = True
        if not self.parts:
            return self.asked
        self.channel.send(wire.Parted())
        asked: Asked | None = None
        while fork():
            self._wait()
            asked = self._next()
        self.channel.adopt()
        return asked

    def _wait(self) -> None:
        """Wait for the run's end, end what it left behind, and say how it ended."""
        code = os.waitstatus_to_exitcode(os.wait()[1])
        if os.getpid() == 1:
            # All others in this process's own namespace: a stray could read the next probes.
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        self.channel.adopt()
        ended = wire.PhaseEnded(code=code) if code >= 0 else wire.PhaseEnded(signal=-code)
        self.channel.send(ended)

    def _next(self) -> Asked:
        frame = self.channel.receive()
        if frame is None:
            os._exit(0)  # no more is asked
        header, blob = frame
        return Asked(wire.decode_audit(header), blob)
