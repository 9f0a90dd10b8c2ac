"""One line of the class page and of grades.csv: what is left of a scorecard in a class."""

from __future__ import annotations

import sys

import msgspec

from grader.records.grade import Grade, GradeStatus
from grader.records.scorecard import Protection, RunStatus, Scorecard
from grader.report.causes import causes

SHOWN_NOTES = 3


class Entry(msgspec.Struct, frozen=True):
    """A submission of a class: its scorecard, what the gradebook adds, or both."""

    card: Scorecard | None = None
    """None where nothing was handed in."""
    grade: Grade | None = None
    """None where there is no gradebook."""

    @property
    def id(self) -> str:
        known = self.grade or self.card
        assert known is not None
        return known.id


class Part(msgspec.Struct, frozen=True):
    """What one exercise earned."""

    id: str
    score: float
    max_score: float


class ClassRow(msgspec.Struct, frozen=True, kw_only=True):
    """Light enough that a class of ten thousand fits in memory."""

    id: str
    status: GradeStatus
    max_score: float
    path: str = ""
    run: RunStatus = "not_run"
    reason: str | None = None
    score: float = 0.0
    parts: tuple[Part, ...] = ()
    causes: tuple[str, ...] = ()
    """Why exercises earned nothing."""
    notes: tuple[str, ...] = ()
    """The first ones."""
    more_notes: int = 0
    unjudged: int = 0
    """Targets that a person has to look at."""
    flags: int = 0
    """Integrity notes."""
    isolation: Protection | None = None
    grade: Grade | None = None

    @property
    def points(self) -> float:
        """What counts in the end."""
        final = self.grade.final if self.grade else None
        return self.score if final is None else final

    @property
    def has_marks(self) -> bool:
        """A student without a submission may still have been given points."""
        final = self.grade.final if self.grade else None
        return self.status == "graded" or final is not None


def row_of(entry: Entry) -> ClassRow:
    """The line of one submission."""
    card, grade = entry.card, entry.grade
    if card is None:
        assert grade is not None
        return ClassRow(
            id=grade.id,
            status=grade.status,
            max_score=grade.max_score,
            path=grade.path or "",
            grade=grade,
        )
    return ClassRow(
        id=card.id,
        status=card.status,
        max_score=card.max_score,
        path=card.source.path,
        run=card.run,
        reason=card.reason,
        score=card.score,
        parts=tuple(Part(sys.intern(p.id), p.score, p.max_score) for p in card.exercises),
        causes=tuple(causes(card)),
        notes=tuple(card.notes[:SHOWN_NOTES]),
        more_notes=len(card.notes[SHOWN_NOTES:]),
        unjudged=sum(t.verdict == "unjudged" for part in card.exercises for t in part.targets),
        flags=len(card.integrity),
        isolation=card.isolation.level if card.isolation else None,
        grade=grade,
    )
