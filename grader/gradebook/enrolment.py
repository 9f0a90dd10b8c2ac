"""Who belongs to a class, what they handed in and when: everything that precedes grading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from grader.assignment import Assignment
from grader.gradebook import timestamps
from grader.gradebook.late import lateness
from grader.gradebook.roster import Roster
from grader.gradebook.statements import chunks, upserting
from grader.gradebook.tables import assignments, attempts, students, submissions
from grader.printable import printable


class HandedIn(msgspec.Struct, frozen=True, kw_only=True):
    """One submission as found on disk."""

    id: str
    path: str
    """As the user knows it."""
    content: str | None = None
    """Digest of its bytes; None where they cannot be read."""
    key: str | None = None
    """Of the attempt that would be graded now."""
    run_key: str | None = None
    """Of its run."""
    submitted_at: str | None = None
    """ISO 8601, UTC; None where nothing tells it."""
    submitted_from: str | None = None
    """roster, flag, git or name."""


class Enrolled(msgspec.Struct, frozen=True):
    """A student's place in the gradebook."""

    submission_id: int
    key: str | None
    """Of the attempt that counts."""
    status: str | None


def enroll(
    connection: Connection,
    assignment: Assignment,
    roster: Roster | None,
    handed_in: Iterable[HandedIn],
) -> dict[str, Enrolled]:
    """Enter assignment, roster and submissions as they are now; returns every place by id."""
    _enter_assignment(connection, assignment)
    if roster is not None:
        _enter_roster(connection, roster)
    arrived = {one.id: one for one in handed_in}
    listed = [student.id for student in roster.students] if roster else []
    rows = _rows(connection, assignment.name)
    new = [name for name in dict.fromkeys([*arrived, *listed]) if name not in rows]
    if new:
        places = [{"assignment": assignment.name, "student": name} for name in new]
        statement = upserting(connection.dialect.name, submissions)
        connection.execute(statement.on_conflict_do_nothing(), places)
        rows = _rows(connection, assignment.name)
    _enter_submissions(connection, assignment, rows, arrived)
    return {name: Enrolled(row["id"], row["key"], row["status"]) for name, row in rows.items()}


def _rows(connection: Connection, assignment: str) -> dict[str, dict[str, Any]]:
    columns = (*submissions.c, attempts.c.key, attempts.c.status)
    found = connection.execute(
        select(*columns)
        .join(attempts, attempts.c.id == submissions.c.attempt_id, isouter=True)
        .where(submissions.c.assignment == assignment)
        .order_by(submissions.c.id)
    )
    return {row["student"]: dict(row) for row in found.mappings()}


def _enter_assignment(connection: Connection, assignment: Assignment) -> None:
    spec, late = assignment.spec, assignment.spec.late
    values = {
        "name": spec.name,
        "title": spec.title,
        "max_score": assignment.max_score,
        "digest": assignment.digest,
        "due": timestamps.written(late.due) if late else None,
        "per_day": late.per_day if late else None,
        "grace_minutes": late.grace_minutes if late else None,
        "floor": late.floor if late else None,
        "max_days": late.max_days if late else None,
    }
    _enter(connection, assignments, "name", [values])


def _enter_roster(connection: Connection, roster: Roster) -> None:
    """Who is not listed any more has left; nothing of theirs is lost."""
    listed = [
        {
            "id": student.id,
            "name": student.name,
            "email": student.email,
            "details": msgspec.json.encode(student.details).decode(),
            "left_at": None,
        }
        for student in roster.students
    ]
    _enter(connection, students, "id", listed)
    names = {student.id for student in roster.students}
    present = connection.execute(select(students.c.id).where(students.c.left_at.is_(None)))
    gone = [name for name in present.scalars() if name not in names]
    for chunk in chunks(gone):
        left = update(students).where(students.c.id.in_(chunk))
        connection.execute(left.values(left_at=timestamps.now()))


def _enter(connection: Connection, table: Any, key: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert or update the rows that differ from what is there."""
    found = connection.execute(select(table)).mappings()
    present = {row[key]: dict(row) for row in found}
    changed = [row for row in rows if present.get(row[key]) != row]
    if changed:
        statement = upserting(connection.dialect.name, table)
        kept = {name: statement.excluded[name] for name in changed[0] if name != key}
        connection.execute(
            statement.on_conflict_do_update(index_elements=[key], set_=kept), changed
        )


def _enter_submissions(
    connection: Connection,
    assignment: Assignment,
    rows: Mapping[str, dict[str, Any]],
    arrived: Mapping[str, HandedIn],
) -> None:
    changed = []
    for name, row in rows.items():
        values = _values(assignment, row, arrived.get(name))
        if any(row[column] != value for column, value in values.items()):
            changed.append({"row": row["id"], **values})
    if changed:
        columns: dict[str, Any] = {
            column: bindparam(column) for column in changed[0] if column != "row"
        }
        by_id = update(submissions).where(submissions.c.id == bindparam("row"))
        connection.execute(by_id.values(columns), changed)


def _values(
    assignment: Assignment, row: Mapping[str, Any], arrived: HandedIn | None
) -> dict[str, Any]:
    """What the row should say.

    A time belongs to what was handed in: with another content it is unknown again, unless it
    is given anew.
    """
    names = (
        "path",
        "content",
        "submitted_at",
        "submitted_from",
        "forgotten_at",
        "late_share_before",
        "late_changed_at",
    )
    values = {name: row[name] for name in names}
    if arrived is not None:
        values.update(path=printable(arrived.path), forgotten_at=None)
        if arrived.submitted_at is not None or arrived.content != row["content"]:
            values.update(
                content=arrived.content,
                submitted_at=arrived.submitted_at,
                submitted_from=arrived.submitted_from,
            )
    policy, at = assignment.spec.late, values["submitted_at"]
    late = lateness(policy, timestamps.read(at)) if policy and at else None
    share = late.share if late else None
    if values["content"] != row["content"]:
        values.update(late_share_before=None, late_changed_at=None)
    elif (share or 0.0) != (row["late_share"] or 0.0):
        values.update(late_share_before=row["late_share"] or 0.0, late_changed_at=timestamps.now())
    return {**values, "days_late": late.days if late else None, "late_share": share}
