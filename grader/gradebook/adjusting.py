"""Points by hand: entered, listed, taken back; never deleted, and untouched by regrades."""

from __future__ import annotations

import getpass
from collections.abc import Iterator

from sqlalchemy import Connection, insert, select, update

from grader.errors import UsageError
from grader.gradebook import timestamps
from grader.gradebook.tables import adjustments, submissions
from grader.printable import printable
from grader.records.grade import Adjustment


def adjust(connection: Connection, submission: int, points: float, reason: str) -> int:
    """Enter an adjustment; returns its number."""
    row = {
        "submission_id": submission,
        "points": points,
        "reason": printable(reason),
        "adjusted_by": who(),
        "adjusted_at": timestamps.now(),
    }
    entered = connection.execute(insert(adjustments).returning(adjustments.c.id), row)
    return int(entered.scalar_one())


def undo(connection: Connection, assignment: str, number: int) -> str:
    """Take back adjustment `number`; returns whose it was. UsageError if there is none."""
    row = connection.execute(
        select(submissions.c.student, adjustments.c.undone_at)
        .join(adjustments, adjustments.c.submission_id == submissions.c.id)
        .where(adjustments.c.id == number, submissions.c.assignment == assignment)
    ).first()
    if row is None:
        raise UsageError(f"there is no adjustment {number}: `grader adjust` lists them")
    if row.undone_at is not None:
        raise UsageError(f"adjustment {number} was taken back already, at {row.undone_at}")
    taken_back = update(adjustments).where(adjustments.c.id == number)
    connection.execute(taken_back.values(undone_at=timestamps.now()))
    return str(row.student)


def active(connection: Connection, assignment: str) -> Iterator[tuple[str, Adjustment]]:
    """Student and adjustment, oldest first; without those that were taken back."""
    rows = connection.execute(
        select(submissions.c.student, *adjustments.c)
        .join(adjustments, adjustments.c.submission_id == submissions.c.id)
        .where(submissions.c.assignment == assignment, adjustments.c.undone_at.is_(None))
        .order_by(adjustments.c.id)
    )
    for row in rows:
        yield (
            row.student,
            Adjustment(
                number=row.id,
                points=row.points,
                reason=row.reason,
                by=row.adjusted_by,
                at=row.adjusted_at,
            ),
        )


def who() -> str:
    """The person at the keyboard, as the machine knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
