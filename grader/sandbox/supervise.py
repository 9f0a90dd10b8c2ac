"""One run, watched from its start to its end: the same for every kind of worker."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from grader import protocol
from grader.errors import InfrastructureError
from grader.records.scorecard import RunStatus
from grader.sandbox.isolation import describe_isolation, unsafe
from grader.sandbox.outcome import RunOutcome
from grader.sandbox.process_tree import ProcessTree
from grader.sandbox.stream import FrameStream
from grader.sandbox.watchdog import TICK, Watchdog

START_SECONDS = 180.0
"""How long a worker may take before student code begins: torch from a slow disk."""
ROOM_MB = 480
"""Of tensors that a clean room may answer with: each gradient several times over, in float64."""
END_SECONDS = 5.0
"""How long a worker's end may take to be reported."""


Ending: TypeAlias = tuple[RunStatus, str | None]
"""Status of a phase, and one line of why."""


class WorkerLostError(InfrastructureError):
    """The worker ended, or never began, before any student code ran."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: by itself with a code, or by a signal."""

    code: int | None = None
    signal: int | None = None


class Worker(Protocol):
    """A started process that has its request, or gets it while we listen."""

    backend: str

    def receive(self, seconds: float) -> bytes | None:
        """A piece of its stream; b"" at the end, None if nothing came in that time."""

    def tree(self) -> ProcessTree | None:
        """Its processes, None where the machine does not tell."""

    def kill(self) -> None:
        """End it and all that it started, now."""

    def ended(self, seconds: float) -> Ended | None:
        """How it ended, if it does within that time."""

    def complaint(self) -> str:
        """What it said on stderr, the last line."""

    def close(self) -> None:
        """Release what we hold of it; it has been killed before."""


class Supervision:
    """Listens to a run and watches it, phase by phase, until it ends or has to be ended."""

    def __init__(self, worker: Worker, request: protocol.RunRequest) -> None:
        self._worker = worker
        self._limits = request.limits
        self._may_be_template = request.shared > 0
        self._lasts = request.room is not None
        """A clean room stays, to be asked again."""
        self._stream = FrameStream(ROOM_MB if self._lasts else request.limits.results_mb)
        self._first: protocol.Started | None = None
        self._events: list[tuple[protocol.Event, protocol.Blob]] = []
        self._watchdog: Watchdog | None = None
        self._watched = False
        self._deadline = time.monotonic() + START_SECONDS
        self._closed = False

    def phase(self) -> RunOutcome:
        """Follow the run to the end of its phase; what does not go on is killed.

        Raises `WorkerLostError` if it never came to the student's code.
        """
        self._events = []
        self._stream.begin()
        if self._watchdog:
            self._watchdog.resume()
        try:
            status, reason = self._follow()
        except BaseException:
            self.close()
            raise
        if self._watchdog:
            self._watchdog.pause()
        if status != "completed" or not self._lasts:
            self.close()
        events, self._events = tuple(self._events), []  # what is answered may be large
        return RunOutcome(
            status=status,
            events=events,
            isolation=describe_isolation(
                self._worker.backend,
                self._first.isolation if self._first else {},
                watched=self._watched,
            ),
            environment=self._first.environment if self._first else {},
            reason=reason,
        )

    def close(self) -> None:
        """End the run, if it still lives, and all that it started."""
        if not self._closed:
            self._closed = True
            self._worker.kill()
            self._worker.close()

    def _follow(self) -> Ending:
        """Status and reason of the phase's end."""
        while True:
            data = self._worker.receive(TICK)
            if data == b"":
                return self._stream_ended()
            try:
                if data and (ending := self._take(data)):
                    return ending
            except protocol.FrameError as error:
                return "protocol_error", f"its results could not be read: {error}"
            if self._watchdog and (overrun := self._watchdog.look()):
                self._drain()
                return overrun
            if not self._watchdog and time.monotonic() > self._deadline:
                raise WorkerLostError(f"the worker did not start in {START_SECONDS:g} s")

    def _take(self, data: bytes) -> Ending | None:
        """Take in what has arrived; the phase's end, if that is among it."""
        for event, blob in self._stream.feed(data):
            if isinstance(event, protocol.Started) != (self._first is None):
                raise protocol.FrameError(f"an unexpected frame `{type(event).__name__}`")
            self._events.append((event, blob))
            if isinstance(event, protocol.Started):
                self._begin(event)
            elif (
                isinstance(event, protocol.CellDone | protocol.Computed | protocol.Returned)
                and self._watchdog
            ):
                self._watchdog.cell_done()
            elif isinstance(event, protocol.Done):
                return ("completed", None)
        return None

    def _begin(self, event: protocol.Started) -> None:
        if event.refused:
            raise unsafe(event.isolation)
        self._first = event
        tree = self._worker.tree()
        self._watched = tree is not None
        self._watchdog = Watchdog(self._limits, tree)

    def _drain(self) -> None:
        """Take what was sent before the limit was passed and is still on its way."""
        self._worker.kill()
        try:
            while data := self._worker.receive(TICK):
                self._take(data)
        except protocol.FrameError:
            return

    def _stream_ended(self) -> tuple[RunStatus, str | None]:
        ended = self._worker.ended(END_SECONDS)
        if self._first is None:
            raise WorkerLostError(f"the worker did not start: {self._worker.complaint()}")
        if ended is None:
            if self._may_be_template:
                raise WorkerLostError("the keeper of the run has ended")  # its template's end
            return "killed", "the process ended without saying how"
        if ended.signal is not None:
            return "killed", f"the process was ended by {_signal_name(ended.signal)}"
        if self._stream.pending:
            return "protocol_error", "its results break off within a frame"
        return "exited", f"the process ended itself with code {ended.code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
