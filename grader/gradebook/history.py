"""Earlier attempts: what a student's marks were before, and what has changed since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from grader.gradebook.comparison import Move, moved
from grader.gradebook.tables import attempts, submissions
from grader.records.scorecard import Scorecard

_REASONS = {
    "content": "handed in anew",
    "assignment_digest": "assignment changed",
    "grader": "grader changed",
    "torch": "torch changed",
}


def moves(connection: Connection, assignment: str) -> Iterator[Move]:
    """Students whose attempt that counts has other marks than the one before it."""
    for student, current, previous in _pairs(connection, assignment):
        why = tuple(
            text
            for column, text in _REASONS.items()
            if getattr(current, column) != getattr(previous, column)
        )
        before, after = _card(connection, previous.id), _card(connection, current.id)
        if move := moved(student, before, after, why):
            yield move


def _pairs(connection: Connection, assignment: str) -> list[tuple[str, Any, Any]]:
    """Student, the attempt that counts, and the graded one that counted before it."""
    rows = connection.execute(
        select(
            submissions.c.student,
            submissions.c.attempt_id,
            attempts.c.id,
            attempts.c.status,
            attempts.c.current_since,
            *(attempts.c[column] for column in _REASONS),
        )
        .join(attempts, attempts.c.submission_id == submissions.c.id)
        .where(submissions.c.assignment == assignment, submissions.c.forgotten_at.is_(None))
        .order_by(submissions.c.student, attempts.c.current_since.desc(), attempts.c.id.desc())
    )
    current: dict[str, Any] = {}
    previous: dict[str, Any] = {}
    for row in rows:
        if row.id == row.attempt_id:
            current[row.student] = row
        elif row.status == "graded":
            previous.setdefault(row.student, row)
    return [(name, current[name], previous[name]) for name in current if name in previous]


def shares_before(connection: Connection, assignment: str) -> dict[str, float]:
    """What lateness cost before the deadline, or a time, was changed: a share of the score.

    Of those for whom it has changed since their attempt before.
    """
    rows = connection.execute(
        select(
            submissions.c.student, submissions.c.late_share_before, submissions.c.late_changed_at
        ).where(
            submissions.c.assignment == assignment,
            submissions.c.forgotten_at.is_(None),
            submissions.c.late_share_before.is_not(None),
        )
    )
    previous = {student: row for student, _, row in _pairs(connection, assignment)}
    return {
        row.student: row.late_share_before
        for row in rows
        if row.student not in previous or previous[row.student].current_since <= row.late_changed_at
    }


def _card(connection: Connection, attempt: int) -> Scorecard:
    found = select(attempts.c.scorecard).where(attempts.c.id == attempt)
    return msgspec.json.decode(connection.execute(found).scalar_one(), type=Scorecard)
