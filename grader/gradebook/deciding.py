"""An instructor's decisions on integrity notes: kept by the note's name, over every regrade."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

import msgspec
from sqlalchemy import Connection, and_, insert, select, update

from grader.errors import UsageError
from grader.gradebook import timestamps
from grader.gradebook.adjusting import who
from grader.gradebook.tables import decisions, integrity_notes, submissions
from grader.printable import printable
from grader.records.grade import Decision, Ruling


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """An integrity note on a scorecard that counts, and what was decided on it."""

    student: str
    name: str
    text: str
    decision: Decision | None = None


def notes(connection: Connection, assignment: str) -> list[Note]:
    """Every note on a scorecard of the class that counts."""
    by_name = and_(
        decisions.c.submission_id == submissions.c.id,
        decisions.c.note == integrity_notes.c.note,
        decisions.c.replaced_at.is_(None),
    )
    rows = connection.execute(
        select(
            submissions.c.student,
            integrity_notes.c.note.label("name"),
            integrity_notes.c.text,
            *decisions.c,
        )
        .join(integrity_notes, integrity_notes.c.attempt_id == submissions.c.attempt_id)
        .join(decisions, by_name, isouter=True)
        .where(submissions.c.assignment == assignment, submissions.c.forgotten_at.is_(None))
        .order_by(submissions.c.student, integrity_notes.c.note)
    )
    return [
        Note(
            student=row.student,
            name=row.name,
            text=row.text,
            decision=_decision(row) if row.ruling is not None else None,
        )
        for row in rows
    ]


def active(connection: Connection, assignment: str) -> Iterator[tuple[str, Decision]]:
    """Student and decision, oldest first."""
    rows = connection.execute(
        select(submissions.c.student, *decisions.c)
        .join(decisions, decisions.c.submission_id == submissions.c.id)
        .where(submissions.c.assignment == assignment, decisions.c.replaced_at.is_(None))
        .order_by(decisions.c.id)
    )
    for row in rows:
        yield row.student, _decision(row)


def decide(
    connection: Connection, submission: int, note: str, ruling: Ruling | None, reason: str
) -> None:
    """Enter a decision in the place of an earlier one; None takes that back."""
    # Locks the row (SQLite has locked the file): of two at once the later replaces the earlier.
    lock = select(submissions.c.id).where(submissions.c.id == submission).with_for_update()
    connection.execute(lock)
    earlier = update(decisions).where(
        decisions.c.submission_id == submission,
        decisions.c.note == note,
        decisions.c.replaced_at.is_(None),
    )
    connection.execute(earlier.values(replaced_at=timestamps.now()))
    if ruling is None:
        return
    assert ruling in get_args(Ruling)
    row = {
        "submission_id": submission,
        "note": note,
        "ruling": ruling,
        "reason": printable(reason),
        "decided_by": who(),
        "decided_at": timestamps.now(),
    }
    connection.execute(insert(decisions), row)


def the_one(names: Sequence[str], wanted: str, student: str) -> str:
    """The note called `wanted`, or the only one whose name begins so; else UsageError."""
    fits = [name for name in names if name == wanted] or [n for n in names if n.startswith(wanted)]
    if len(fits) == 1:
        return fits[0]
    known = ", ".join(fits or names) or "none"
    what = "several notes" if fits else "no note"
    raise UsageError(f"{student} has {what} called {printable(wanted)} (there: {known})")


def _decision(row: Any) -> Decision:
    return Decision(
        note=row.note, ruling=row.ruling, reason=row.reason, by=row.decided_by, at=row.decided_at
    )
