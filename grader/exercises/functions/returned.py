"""What came of the calls, decoded. It comes from a process that ran student code: what was not
asked for, or is out of its turn, is left out and noted.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import torch
from msgspec.structs import replace

from grader import protocol
from grader.exercises.functions.request import Asked
from grader.marking.notes import forged, unreadable
from grader.marking.observation import MAX_TEXT, bounded, tensors_of
from grader.records.scorecard import CellResult, IntegrityNote

MAX_VALUES = 100
NEVER = protocol.Returned(exercise=0, call=0, kind="stopped", error="the run ended before it")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one call."""

    asked: Asked
    returned: protocol.Returned
    numbers: dict[str, torch.Tensor] = {}
    """Key → numbers of what was returned for it."""

    @property
    def raised(self) -> bool:
        return self.returned.kind != "returned"


class Answered(msgspec.Struct, kw_only=True):
    """Everything that a run said."""

    outcomes: list[Outcome] = []
    cells: list[CellResult] = []
    integrity: list[IntegrityNote] = []
    notes: list[str] = []

    def of(self, exercise: str, role: str) -> list[Outcome]:
        """The calls of one role of an exercise, in the order of the cases."""
        return [
            each
            for each in self.outcomes
            if each.asked.exercise.id == exercise and each.asked.role == role
        ]


def answered(
    events: Sequence[tuple[protocol.Event, protocol.Blob]], asked: Sequence[Sequence[Asked]]
) -> Answered:
    """Decode the events of one run; never raises for what they hold."""
    found = Answered(outcomes=[], cells=[], integrity=[], notes=[])
    told: dict[tuple[int, int], Outcome] = {}
    breaches: list[str] = []
    reached = (-1, -1)
    for event, blob in events:
        if isinstance(event, protocol.CellDone):
            if reached != (-1, -1):
                breaches.append("a cell out of its turn")
            _cell(found, event)
        elif isinstance(event, protocol.Returned):
            place = event.exercise, event.call
            known = 0 <= place[0] < len(asked) and 0 <= place[1] < len(asked[place[0]])
            if not known or place <= reached:
                breaches.append("a result that nobody asked for")
                continue
            reached = place
            try:
                told[place] = _outcome(asked[place[0]][place[1]], event, blob)
            except Exception as error:  # noqa: BLE001 - hostile bytes may fail in any way
                found.integrity.append(unreadable(error))
        elif not isinstance(event, protocol.Started | protocol.Done):
            breaches.append("an answer that nobody asked for")
    found.integrity += forged(breaches)
    for number, calls in enumerate(asked):
        stopped = NEVER
        for call, each in enumerate(calls):
            outcome = told.get((number, call), Outcome(asked=each, returned=stopped))
            if outcome.returned.kind == "stopped":
                stopped = outcome.returned
            found.outcomes.append(outcome)
    return found


def _outcome(asked: Asked, event: protocol.Returned, blob: protocol.Blob) -> Outcome:
    values = {
        name[:MAX_TEXT]: bounded(value) for name, value in list(event.values.items())[:MAX_VALUES]
    }
    returned = replace(event, values=values, error=event.error and event.error[:MAX_TEXT])
    return Outcome(asked=asked, returned=returned, numbers=tensors_of(blob))


def _cell(found: Answered, event: protocol.CellDone) -> None:
    error = event.error
    if error is not None and event.line is not None:
        error = f"line {event.line}: {error}"
    found.cells.append(
        CellResult(
            index=event.index,
            status=event.status,
            error=error and error[:MAX_TEXT],
            seconds=round(event.seconds, 4),
        )
    )
    found.notes += [note[:MAX_TEXT] for note in event.notes[:MAX_VALUES]]
