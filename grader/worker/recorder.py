"""The harness inside the run: its methods are called by the hooks that `instrument` inserts.

It judges nothing: it notices when gradients settle, change and are read, and says so.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from grader.protocol import RunRequest, Settled
from grader.worker.errors import explain
from grader.worker.forward_pass import Passes
from grader.worker.reporter import Reporter, Send, Where
from grader.worker.stand_in import absent, is_stand_in

SENT = 2
"""Iterations of a training loop whose gradients are sent at once; of the others, the last."""
EVERY = 16
"""Iterations between two looks at the clock."""
MAX_SOFT_ERRORS = 20
MAX_SHOWN = 20_000
_cpu = time.process_time
_equal = torch.equal


class Mark:
    """What a d-name held when it was last reported."""

    def __init__(self, value: Any, copy: torch.Tensor | None, lifetime: int | None) -> None:
        self.value = value
        self.copy = copy
        self.lifetime = lifetime

    def stays(self, copy: torch.Tensor | None) -> bool:
        """Whether a copy taken now has the same numbers."""
        mine = self.copy
        if mine is None or copy is None or mine.dtype != copy.dtype or mine.shape != copy.shape:
            return False
        if _equal(mine, copy):
            return True
        return mine.is_floating_point() and _equal(_without_nan(mine), _without_nan(copy))


def _without_nan(copy: torch.Tensor) -> torch.Tensor:
    """NaN where it stood before is no change, though it equals nothing."""
    return torch.where(copy.isnan(), torch.full_like(copy, 1e30), copy)


class EnoughError(BaseException):
    """A loop has gone on for long enough. No `Exception`, which students catch."""


class Recorder:
    """Notices what one run shows, in the order in which it happens."""

    enough = EnoughError
    import_failure = (ImportError, OSError)  # the latter for a library that cannot be loaded

    def __init__(
        self,
        request: RunRequest,
        send: Send,
        namespace: dict[str, Any],
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.request = request
        self.namespace = namespace
        self.report = Reporter(request, send)
        self.passes = Passes(request, namespace)
        self._note = note
        self.settled = 0
        self.soft_errors: list[str] = []
        self.shown: str | None = None
        self._occurrences: dict[int, int] = {}
        self._marks: dict[str, Mark] = {}
        self._begun: dict[str, int] = {}
        self._iterations: dict[int, int] = {}
        self._ticks: dict[int, int] = {}
        self._left: set[int] = set()
        self._entered: dict[int, float] = {}
        """Watched loop → CPU time at its first iteration in the cell at hand."""
        self._cell_seconds = request.limits.cell_seconds

    def go_on(self, request: RunRequest, send: Send) -> None:
        """From here on serve another request that has begun in the same way."""
        self.request = self.report.request = self.passes.request = request
        self.report.send = send

    # ---- called by hooks -------------------------------------------------------------------

    def pass_(self, _: int, names: tuple[str, ...], local: Mapping[str, Any]) -> None:
        """Before a statement that computes forward tensors from inputs alone."""
        if self.passes.begins(names, local):
            self.passes.begin()
        self.passes.capture(local)

    def forward(self, _: int, names: tuple[str, ...], local: Mapping[str, Any]) -> None:
        """After a statement that assigns forward tensors."""
        if self.passes.current.number < 0:
            self.passes.begin()
        self.passes.capture(local)
        for name in names:
            value = self.passes.look(name, local)
            if value is not None:
                self.passes.current.tensors[self.passes.canonical(name)] = value

    def fresh(self, lifetime: int, names: Sequence[str]) -> None:
        """Before a fresh assignment: the end of the lifetime that the name had."""
        self._changed(names[0], "fresh")
        self._begun[names[0]] = lifetime

    def settle(
        self, lifetime: int, name: str, local: Mapping[str, Any], look: Callable[[], Any]
    ) -> None:
        """After the last visible write of a lifetime; `look` gives what it wrote."""
        try:
            self._look(lifetime, name, local, look())
        except Exception:  # noqa: BLE001 - its line did not run, or the object cannot be looked at
            return

    def _look(self, lifetime: int, name: str, local: Mapping[str, Any], value: Any) -> None:
        if is_stand_in(value):
            return  # its package is not here: there is no value
        occurrence = self._occurrences.get(lifetime, 0)
        self._occurrences[lifetime] = occurrence + 1
        if self.passes.current.number < 0:
            self.passes.begin()
        self.passes.capture(local)
        self._settled(lifetime, occurrence, name, value)

    def leave(self, loop: int, iterations: int) -> bool:
        """Whether a loop that derives gradients has run long enough."""
        self._iterations[loop] = self._iterations.get(loop, 0) + 1
        if self._iterations[loop] <= iterations:
            return False
        self._iterations[loop] = 0
        return True

    def tick(self, loop: int, share: int) -> None:
        """An iteration of a loop that may be training out of sight of the analysis.

        share: hundredths of a cell's CPU time after which it is left, from its first iteration
        in this cell on: what came before it is not its doing.
        """
        count = self._ticks[loop] = self._ticks.get(loop, 0) + 1
        if loop not in self._entered:
            self._entered[loop] = _cpu()
        if count % EVERY == 0 and _cpu() - self._entered[loop] > share / 100 * self._cell_seconds:
            raise EnoughError

    def entered_again(self, loop: int) -> bool:
        """Whether a loop has been left before: then it is the one around it that does not end."""
        before = loop in self._left
        self._left.add(loop)
        return before

    def limit(self, value: Any, greatest: int) -> Any:
        """A loop parameter, lowered to what the assignment allows."""
        return min(value, greatest) if type(value) is int else value

    def raised(self) -> None:
        """A bare expression raised; the cell goes on."""
        error = sys.exc_info()[1]
        if error is not None and len(self.soft_errors) < MAX_SOFT_ERRORS:
            self.soft_errors.append(explain(error))

    def absent(self, module: str, names: tuple[str, ...] | None, whole: bool) -> Any:
        """An import raised: stand-ins for what it lacks."""
        error = sys.exc_info()[1]
        failure = error if isinstance(error, ImportError) else ImportError(str(error))
        return absent(module, names, failure, self._note, whole=whole)

    def show(self, value: Any) -> None:
        """The last expression of a cell, as Jupyter shows it."""
        if value is not None:
            self.shown = repr(value)[:MAX_SHOWN]

    # ---- called by the run -----------------------------------------------------------------

    def begin_cell(self, index: int) -> None:
        """From here on what is seen belongs to another cell."""
        self.report.cell = index
        self._entered.clear()
        self._left.clear()
        self.soft_errors, self.shown = [], None

    def end_cell(self) -> None:
        """Send what loops left pending, and d-names that changed without a visible write."""
        self.report.flush()
        for name in self.request.gradients:
            if not is_stand_in(self.namespace.get(name)):
                self._changed(name, "cell")

    def announce(self, values: Mapping[str, Any]) -> None:
        """A forward pass that the trusted side computed, for an entry function."""
        self.passes.begin()
        self.passes.capture(values)
        self.report.forward_pass(self.passes.current)

    def returned(self, name: str, value: Any) -> None:
        """A gradient that an entry function handed back."""
        self._seen(name, value, None, "returned")

    # ---- inside ----------------------------------------------------------------------------

    def _settled(self, lifetime: int, occurrence: int, name: str, value: Any) -> None:
        self.settled += 1
        described, copy = self.report.copy(value)
        self._marks[name] = Mark(value, copy, lifetime)
        during = self.passes.current
        message = Settled(
            lifetime=lifetime, occurrence=occurrence, pass_id=during.number, value=described
        )
        self.report.settled(message, copy, during, keep=occurrence >= SENT)

    def _changed(self, name: str, where: Where) -> None:
        """Report a d-name whose object is another, or was changed in place, since last seen."""
        mark = self._marks.get(name)
        value = mark.value if where == "fresh" and mark else self.namespace.get(name)
        if value is None:
            return
        # Not by torch's count of changes: what is written through `.data` is not counted.
        if mark is not None and value is mark.value and mark.stays(self.report.copy(value)[1]):
            return
        lifetime = mark.lifetime if mark is not None else self._begun.get(name)
        if mark is not None and value is not mark.value:
            lifetime = None  # another object, and no statement that we know of put it there
        self._seen(name, value, lifetime, where)

    def _seen(self, name: str, value: Any, lifetime: int | None, where: Where) -> None:
        copy = self.report.seen(name, value, lifetime, where, self.passes.current)
        self._marks[name] = Mark(value, copy, lifetime)
