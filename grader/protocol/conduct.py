"""Whether frames can have come from the harness, which sends them in a strict order.

A run can send what it likes: its own code and the harness share a process. What nobody but the
harness would send in this order is believed as far as ever; the rest is noted for a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from grader import protocol

MAX_BREACHES = 5


def breaches(
    events: Sequence[tuple[protocol.Event, protocol.Blob]], request: protocol.RunRequest
) -> list[str]:
    """What the harness would not have sent, the first few; empty for an honest run."""
    conduct = _Conduct(request)
    found: list[str] = []
    for event, _ in events:
        if (fault := conduct.fault(event)) is not None:
            found.append(fault)
        if len(found) == MAX_BREACHES:
            break
    return found


class _Conduct:
    """Where an honest run would stand after the frames so far."""

    def __init__(self, request: protocol.RunRequest) -> None:
        self.request = request
        self.cells = [cell.index for cell in request.cells]
        self.done = 0
        self.places = {op: dict(_places(request, op)) for op in ("settle", "fresh")}
        self.occurrences: dict[int, int] = {}
        self.passes: set[int] = {-1}
        self.forward: set[int] = set()
        self.failed = self.finished = False

    def fault(self, event: protocol.Event) -> str | None:
        """What is wrong with the next frame, if anything."""
        if self.finished:
            return "results after the end"
        if isinstance(event, protocol.CellDone):
            return self._cell(event)
        if isinstance(event, protocol.InputsSeen):
            return self._once(self.passes, event.pass_id, "a forward pass")
        if isinstance(event, protocol.ForwardSeen):
            known = event.pass_id in self.passes
            return self._once(self.forward, event.pass_id, "a forward pass", known=known)
        if isinstance(event, protocol.Settled):
            return self._settled(event)
        if isinstance(event, protocol.Seen):
            return self._seen(event)
        if isinstance(event, protocol.Computed):
            return "an answer that nobody asked for"
        return self._end(event)

    @property
    def _over(self) -> bool:
        return self.done >= len(self.cells)

    def _cell(self, event: protocol.CellDone) -> str | None:
        if not self._over and event.index == self.cells[self.done]:
            self.done += 1
            return None
        # A function that was called at the end and raised is reported once more.
        if self._over and self.request.entry and not self.failed:
            self.failed = True
            return None
        return "a cell out of its turn"

    def _settled(self, event: protocol.Settled) -> str | None:
        place = self.places["settle"].get(event.lifetime)
        if place is None or place > self.done or event.pass_id not in self.passes:
            return "a gradient where none is computed"
        before = self.occurrences.get(event.lifetime, -1)
        self.occurrences[event.lifetime] = event.occurrence
        in_turn = event.occurrence == before + 1 if before < 1 else event.occurrence > before
        return None if in_turn else "a gradient twice"

    def _seen(self, event: protocol.Seen) -> str | None:
        lives = self.places["settle"].keys() | self.places["fresh"].keys() | {None}
        here = self.cells[min(self.done, len(self.cells) - 1)] if self.cells else 0
        named = self.request.gradients.get(event.found_as) == event.name
        if named and event.lifetime in lives and event.cell == here:
            return None if event.pass_id in self.passes else "a gradient of no forward pass"
        return "a gradient where none is computed"

    def _end(self, event: protocol.Event) -> str | None:
        if isinstance(event, protocol.Done):
            self.finished = True
            return None if self._over else "an end before the last cell"
        return None  # Started: its place is checked as it arrives

    @staticmethod
    def _once(before: set[Any], key: object, what: str, *, known: bool = True) -> str | None:
        twice = key in before
        before.add(key)
        return f"{what} twice" if twice else None if known else f"{what} that is not there"


def _places(request: protocol.RunRequest, op: protocol.Op) -> Iterator[tuple[int, int]]:
    """Id of each such hook, and the position of the first cell that has it."""
    for position, cell in reversed(list(enumerate(request.cells))):
        for hook in cell.hooks:
            if hook.op == op:
                yield hook.id, position
