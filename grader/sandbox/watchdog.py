"""Whether a run has used more than its limits allow."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, NamedTuple

from grader.errors import InfrastructureError
from grader.protocol import Limits
from grader.sandbox.process_tree import ProcessTree, memory_available

TICK = 0.05
"""Seconds between two looks."""
_WALL_FACTOR = 2
"""Wall time per CPU second that is granted to a run which waits of its own accord."""
_BUSY_FACTOR = 20
"""The same for one that waits for a CPU which others have."""
_RESERVE = 160 << 20
"""Bytes that a machine needs free, or the kernel starts to kill whom it likes."""
_MODEST = 64 << 20
"""Bytes of a run that is not to blame for a machine's want of memory."""


class Overrun(NamedTuple):
    """Which limit was passed."""

    status: Literal["timed_out", "out_of_memory"]
    reason: str


class Watchdog:
    """Looks at a run's process tree; without one, wall time stands in for CPU time."""

    def __init__(
        self,
        limits: Limits,
        tree: ProcessTree | None,
        available: Callable[[], int] = memory_available,
    ) -> None:
        self._limits = limits
        self._available = available
        self._tree = tree
        self._began = self._next_look = time.monotonic()
        self._used_before = tree.cpu_seconds() if tree else 0.0
        self._cell_began = 0.0
        self._cell_is_new = False
        self._cell_began_wall = self._began
        self._cpu = 0.0
        self._queued = 0.0
        self._paused: float | None = None

    def pause(self) -> None:
        """What it takes from now on until it is asked again is not its own waiting."""
        self._paused = time.monotonic()

    def resume(self) -> None:
        """It was asked again."""
        if self._paused is not None:
            waited = time.monotonic() - self._paused
            self._began += waited
            self._cell_began_wall += waited
            self._paused = None

    def cell_done(self) -> None:
        """The next cell's time counts from now, or rather from the next look."""
        self._cell_is_new = True
        self._cell_began_wall = time.monotonic()

    def seconds(self) -> float:
        """CPU seconds since the start; never less than at an earlier look."""
        used = (
            self._tree.cpu_seconds() - self._used_before
            if self._tree
            else time.monotonic() - self._began
        )
        self._cpu = max(self._cpu, used)
        return self._cpu

    def look(self) -> Overrun | None:
        """The limit that is passed by now, if it is time to look.

        Raises `InfrastructureError` if it is the machine that runs out of memory.
        """
        now = time.monotonic()
        if now < self._next_look:
            return None
        self._next_look = now + TICK
        return self._time_overrun(now) or self._memory_overrun()

    def _time_overrun(self, now: float) -> Overrun | None:
        used, cell, total = self.seconds(), self._limits.cell_seconds, self._limits.total_seconds
        if self._cell_is_new:
            self._cell_began, self._cell_is_new = used, False
        in_cell, in_all = now - self._cell_began_wall, now - self._began
        queued = self._queued_seconds()
        spent = [
            (used - self._cell_began, cell, "in one cell"),
            (used, total, "in all"),
            (in_cell - queued, _WALL_FACTOR * cell, "of waiting in one cell"),
            (in_all - queued, _WALL_FACTOR * total, "of waiting in all"),
            (in_cell, _BUSY_FACTOR * cell, "in one cell on a busy machine"),
            (in_all, _BUSY_FACTOR * total, "in all on a busy machine"),
        ]
        for seconds, limit, where in spent:
            if seconds > limit:
                return Overrun("timed_out", f"it took more than {limit:g} s {where}")
        return None

    def _queued_seconds(self) -> float:
        """Wall time that is the machine's fault: others had the CPU."""
        queued = self._tree.queued_seconds() if self._tree else 0.0
        self._queued = max(self._queued, queued)
        return self._queued

    def _memory_overrun(self) -> Overrun | None:
        limit = self._limits.memory_mb << 20
        if not self._tree:
            return None
        used = self._tree.memory_bytes()
        if used > _MODEST and self._available() < _RESERVE:
            raise InfrastructureError(
                f"the machine ran out of memory while this submission used {used >> 20} MB: "
                "grade it again with fewer --jobs"
            )
        held = self._tree.socket_bytes()
        if used + held <= limit or self._tree.memory_share_bytes() + held <= limit:
            return None
        return Overrun("out_of_memory", f"it took more than {self._limits.memory_mb} MB of memory")
