"""Attempts: each content that was graded by one set of rules, once and for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from grader.gradebook import timestamps
from grader.gradebook.enrolment import Enrolled
from grader.gradebook.integrity import note_rows
from grader.gradebook.statements import chunks, upserting
from grader.gradebook.tables import assignments, attempts, integrity_notes, notebooks, submissions
from grader.printable import printable
from grader.records.scorecard import Scorecard
from grader.report import storable


class GradedAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """A scorecard and what it was made from."""

    key: str
    run_key: str | None = None
    """What its run depends on; None where nothing else may be marked by it."""
    content: str | None
    assignment_digest: str
    grader: str
    torch: str
    card: Scorecard
    notebook: str | None = None
    """The executed notebook as HTML, where that was asked for."""


def store(connection: Connection, submission: int, attempt: GradedAttempt) -> str | None:
    """Enter an attempt as the one that counts; returns its `graded_at` if it was entered.

    One that could not be graded never takes the place of one with the same key that was.
    """
    values = _values(submission, attempt)
    connection.execute(_entering(connection.dialect.name), values)
    found = {"submission": submission, "wanted": attempt.key}
    number, graded_at = connection.execute(_BY_KEY, found).one()
    connection.execute(_COUNTS, {"submission": submission, "attempt": number})
    if graded_at != values["graded_at"]:
        return None
    _store_more(connection, number, attempt)
    return str(graded_at)


_IDENTITY = ("submission_id", "key")
_BY_KEY = select(attempts.c.id, attempts.c.graded_at).where(
    attempts.c.submission_id == bindparam("submission"), attempts.c.key == bindparam("wanted")
)
_COUNTS = (
    update(submissions)
    .where(submissions.c.id == bindparam("submission"))
    .values(attempt_id=bindparam("attempt"))
)
_FORGET_NOTES = delete(integrity_notes).where(integrity_notes.c.attempt_id == bindparam("attempt"))


@cache  # building a statement costs more than running it
def _entering(dialect: str) -> Any:
    """Insert an attempt, or renew it; marks are not renewed by the lack of marks."""
    statement = upserting(dialect, attempts)
    fresh = {
        column.name: statement.excluded[column.name]
        for column in attempts.c
        if column.name not in (*_IDENTITY, "id")
    }
    unless_worse = or_(attempts.c.status != "graded", statement.excluded.status == "graded")
    return statement.on_conflict_do_update(
        index_elements=list(_IDENTITY), set_=fresh, where=unless_worse
    )


def _values(submission: int, attempt: GradedAttempt) -> dict[str, Any]:
    card = attempt.card
    at = timestamps.now()
    return {
        "submission_id": submission,
        "key": attempt.key,
        "run_key": attempt.run_key,
        "status": card.status,
        "score": card.score,
        "max_score": card.max_score,
        "run": card.run,
        "reason": printable(card.reason) if card.reason else None,
        "path": printable(card.source.path),
        "content": attempt.content,
        "assignment_digest": attempt.assignment_digest,
        "grader": attempt.grader,
        "torch": attempt.torch,
        "graded_at": at,
        "current_since": at,
        "scorecard": msgspec.json.encode(storable(card)).decode(),
    }


def _storable(text: str) -> str:
    """Without what no database keeps as text."""
    return (
        text.encode("utf-8", "backslashreplace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    )


def _store_more(connection: Connection, number: int, attempt: GradedAttempt) -> None:
    """Notes for a person to judge, and the executed notebook."""
    connection.execute(_FORGET_NOTES, {"attempt": number})
    notes = [{"attempt_id": number, **row} for row in note_rows(attempt.card)]
    if notes:
        connection.execute(insert(integrity_notes), notes)
    if attempt.notebook is not None:
        statement = upserting(connection.dialect.name, notebooks)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["attempt_id"], set_={"html": statement.excluded.html}
            ),
            {"attempt_id": number, "html": _storable(attempt.notebook)},
        )


def settled(
    connection: Connection, places: Mapping[str, Enrolled], keys: Mapping[str, str]
) -> set[str]:
    """Ids of the submissions that were graded before under the key they have now.

    Where a student went back to an earlier content, that attempt counts again.
    """
    done = {
        name
        for name, key in keys.items()
        if places[name].key == key and places[name].status == "graded"
    }
    others = {
        (places[name].submission_id, key): name for name, key in keys.items() if name not in done
    }
    for row in _graded_before(connection, others):
        done.add(others[row.submission_id, row.key])
        since = update(attempts).where(attempts.c.id == row.id)
        connection.execute(since.values(current_since=timestamps.now()))
        connection.execute(_COUNTS, {"submission": row.submission_id, "attempt": row.id})
    return done


def _graded_before(connection: Connection, wanted: Iterable[tuple[int, str]]) -> list[Any]:
    pairs = list(wanted)
    found = []
    for chunk in chunks([key for _, key in pairs]):
        rows = select(attempts.c.id, attempts.c.submission_id, attempts.c.key).where(
            attempts.c.key.in_(chunk), attempts.c.status == "graded"
        )
        found += [
            row for row in connection.execute(rows) if (row.submission_id, row.key) in set(pairs)
        ]
    return found


def scorecards(
    connection: Connection, assignment: str, students: Sequence[str]
) -> Iterator[tuple[str, Scorecard]]:
    """The card that counts of each of the students, in their order; few are in memory at once."""
    cards = (
        select(submissions.c.student, attempts.c.scorecard)
        .join(attempts, attempts.c.id == submissions.c.attempt_id)
        .where(submissions.c.assignment == assignment)
    )
    for chunk in chunks(students):
        found = connection.execute(cards.where(submissions.c.student.in_(chunk)))
        texts = {row.student: row.scorecard for row in found}
        for student in chunk:
            if student in texts:
                yield student, msgspec.json.decode(texts[student], type=Scorecard)


def outdated(connection: Connection, assignment: str) -> list[str]:
    """Students whose attempt that counts was graded by another version of the assignment."""
    rows = connection.execute(
        select(submissions.c.student)
        .join(attempts, attempts.c.id == submissions.c.attempt_id)
        .join(assignments, assignments.c.name == submissions.c.assignment)
        .where(
            submissions.c.assignment == assignment,
            submissions.c.forgotten_at.is_(None),
            attempts.c.assignment_digest != assignments.c.digest,
        )
        .order_by(submissions.c.student)
    )
    return list(rows.scalars())


def notebook(connection: Connection, key: str, submission: str, assignment: str) -> str | None:
    """The executed notebook of an attempt, if it was kept."""
    return connection.execute(
        select(notebooks.c.html)
        .join(attempts, attempts.c.id == notebooks.c.attempt_id)
        .join(submissions, submissions.c.id == attempts.c.submission_id)
        .where(
            attempts.c.key == key,
            submissions.c.student == submission,
            submissions.c.assignment == assignment,
        )
    ).scalar()
