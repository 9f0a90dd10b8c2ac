"""Attempts: what a submission gave for a target, each with its comparison and its step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from grader.assignment import Exercise
from grader.marking.step import StepFinding
from grader.protocol.gradient import gradient_name
from grader.records.comparison import Comparison
from grader.records.scorecard import Diagnosis, Line, Step

PASSING = "taken from the training loop, since nothing was written for this exercise itself"


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt at a target, judged; whatever kind of exercise it comes from."""

    target: str
    """The tensor whose gradient it is meant for."""
    name: str
    """The student's variable."""
    key: int | None
    """By which other attempts name it as their upstream; None where no line in sight made it."""
    exercise: str | None
    """Id of the exercise that it is an attempt at."""
    order: int
    """Later attempts are greater."""
    comparison: Comparison
    """Its value against the reference."""
    finding: StepFinding = StepFinding(step="unknown")
    """Its step."""
    lines: Sequence[Line] = ()
    """The student's lines that made it."""
    in_loop: bool = False
    """Made in a training loop, on the way to an update of the parameters."""
    changed: bool = False
    """It was right when it settled, and changed later through something unseen."""
    late: bool = False
    """The value came after the last visible write: through something unseen."""
    slipped: bool = False
    """The forward pass that it belongs to has a slip, which is to blame for wrong values."""
    diagnosis: Diagnosis | None = None
    """Why it is wrong, where that is known."""
    note: str | None = None
    """What is to be said of it besides its comparison."""
    blamed: str | None = None
    """Whose fault its wrong value is, where that is no gradient: a function's."""

    @property
    def step(self) -> Step:
        return self.finding.step

    @property
    def upstream(self) -> list[str]:
        """Gradients that it was computed from, as students write them, sorted."""
        return sorted({gradient_name(target) for target in self.finding.upstream})


def of_exercise(
    attempts: Iterable[Attempt],
    exercise: Exercise,
    target: str,
    *,
    tried: bool,
) -> list[Attempt]:
    """Attempts at one target of one exercise.

    What a training loop derives on its way counts elsewhere only where no statement
    outside tried: the answer to an exercise is what was written for it.
    """
    own: list[Attempt] = []
    passing: list[Attempt] = []
    for attempt in attempts:
        if attempt.target != target or attempt.exercise != exercise.id:
            continue
        if attempt.in_loop and not exercise.training:
            note = "; ".join(filter(None, [attempt.note, PASSING]))
            passing.append(msgspec.structs.replace(attempt, note=note))
        else:
            own.append(attempt)
    return own if own or tried else passing
