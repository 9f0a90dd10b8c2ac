"""What a kind of exercise found in a submission: all that marking and the scorecard need of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from grader.marking.attempt import Attempt
from grader.marking.selection import Unanswered
from grader.records.scorecard import CellResult, IntegrityNote, Source
from grader.sandbox import RunOutcome


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that was run, however the run ended."""

    source: Source
    """The file that was run."""
    outcome: RunOutcome
    """How the run ended, and within which walls."""
    attempts: Sequence[Attempt]
    """Every attempt at every target, judged."""
    unanswered: Unanswered
    """What is to be said of targets without an attempt."""
    explained: Callable[[Attempt], Attempt]
    """With the reason why it is wrong: dear, so asked for what counts alone."""
    obstacles: Sequence[str] = ()
    """Why values could not be compared: forward passes of another network."""
    notes: Sequence[str] = ()
    """About the submission as a whole, for the student too."""
    integrity: Sequence[IntegrityNote] = ()
    """What the run itself gives reason to look at."""
    cells: Sequence[CellResult] = ()
    """How each cell ran."""
    lacking: Sequence[str] | None = None
    """Packages without which functions could not be called; None: to be seen from the cells."""
    executed: dict[str, Any] | None = None
    """The notebook as it ran, as nbformat has it, where outputs are wanted."""


class NotRun(msgspec.Struct, frozen=True, kw_only=True):
    """A submission of which nothing can be run."""

    source: Source
    """The file that was looked at."""
    reason: str
    """One line: why."""
    notes: Sequence[str] = ()
    """About the submission as a whole."""
