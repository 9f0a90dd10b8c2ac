"""The grade record: a student's score, and what instructor, clock and roster add to it.

    final = score + integrity + adjustments − late

Plain data without torch. Reports and exports read it; `grader.gradebook` keeps it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

GradeStatus = Literal["graded", "ungraded", "missing"]
Ruling = Literal["upheld", "dismissed"]


class Adjustment(msgspec.Struct, frozen=True, kw_only=True):
    """Points that an instructor gave or took by hand; they outlive every regrade."""

    number: int
    """What `grader adjust --undo` wants."""
    points: float
    """Above zero gives, below takes."""
    reason: str
    """One line, for the student too."""
    by: str
    """Who."""
    at: str
    """ISO 8601, UTC."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """An instructor's ruling on one integrity note; it outlives every regrade."""

    note: str
    """The note's name, as `grader decide` lists it."""
    ruling: Ruling
    """upheld takes the points of the gradients that the note lists; dismissed leaves them."""
    reason: str
    """One line."""
    by: str
    """Who."""
    at: str
    """ISO 8601, UTC."""


class Grade(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What counts for one student in one assignment."""

    id: str
    """The student, as submissions and roster call them."""
    assignment: str
    """Name of the assignment."""
    status: GradeStatus
    """missing: on the roster, nothing handed in. ungraded is not zero."""
    name: str | None = None
    """From the roster."""
    email: str | None = None
    """From the roster."""
    score: float | None = None
    """As graded; None where nothing was."""
    max_score: float = 0.0
    """Points to be had."""
    integrity: float = 0.0
    """Points that decisions on integrity notes took away (below zero) or restored."""
    adjustments: float = 0.0
    """Sum of what was given and taken by hand."""
    late: float = 0.0
    """Points lost by handing in late, zero or more."""
    lateness: str | None = None
    """"on time", "2 days late", "time unknown"; None where lateness costs nothing."""
    submitted_at: str | None = None
    """ISO 8601, UTC."""
    final: float | None = None
    """None where there is nothing that could count."""
    path: str | None = None
    """The file that was graded, as handed in."""
    graded_at: str | None = None
    """ISO 8601, UTC."""
    attempt: str | None = None
    """Key of the attempt that counts."""
    adjusted: list[Adjustment] = []
    """Every adjustment that stands."""
    decided: list[Decision] = []
    """Every decision on one of its notes."""

    @property
    def changed(self) -> bool:
        """Whether anything but the score counts."""
        return bool(self.integrity or self.adjustments or self.late or self.adjusted)
