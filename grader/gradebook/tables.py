"""The tables of a gradebook, as docs/gradebook.md describes them.

Times are ISO 8601 text in UTC, the same in every database, so that a person can read them and
text order is time order. What would be a boolean is a time or empty.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

VERSION = 2
"""Of tables and views. A change here takes a greater number and a step in `migrations`; greater
numbers than this are newer and may not be written by this grader."""

metadata = MetaData()


def _table(
    name: str, *columns: Column[str] | Column[int] | Column[float] | UniqueConstraint
) -> Table:
    return Table(name, metadata, *columns)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _text(name: str, *, key: bool = False, needed: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=not (key or needed))


def _number(name: str, *, needed: bool = False) -> Column[float]:
    return Column(name, Float(53), nullable=not needed)


def _of(name: str, table: str, *, key: bool = False, needed: bool = True) -> Column[int]:
    return Column(
        name, Integer, ForeignKey(f"{table}.id"), primary_key=key, nullable=not (key or needed)
    )


gradebook = _table(
    "gradebook", Column("version", Integer, nullable=False), _text("made_by"), _text("made_at")
)
assignments = _table(
    "assignments",
    _text("name", key=True),
    _text("title", needed=True),
    _number("max_score", needed=True),
    _text("digest", needed=True),
    _text("due"),
    _number("per_day"),
    _number("grace_minutes"),
    _number("floor"),
    Column("max_days", Integer),
)
students = _table(
    "students",
    _text("id", key=True),
    _text("name"),
    _text("email"),
    _text("details", needed=True),
    _text("left_at"),
)
submissions = _table(
    "submissions",
    _id(),
    _text("assignment", needed=True),
    _text("student", needed=True),
    _text("path"),
    _text("content"),
    _text("submitted_at"),
    _text("submitted_from"),
    Column("days_late", Integer),
    _number("late_share"),
    _number("late_share_before"),
    _text("late_changed_at"),
    # No foreign key: attempts already point here, and a circle is not created alike everywhere.
    Column("attempt_id", Integer),
    _text("forgotten_at"),
    UniqueConstraint("assignment", "student"),
)
attempts = _table(
    "attempts",
    _id(),
    _of("submission_id", "submissions"),
    _text("key", needed=True),
    _text("status", needed=True),
    _number("score", needed=True),
    _number("max_score", needed=True),
    _text("run", needed=True),
    _text("reason"),
    _text("path", needed=True),
    _text("content"),
    _text("assignment_digest", needed=True),
    _text("grader", needed=True),
    _text("torch", needed=True),
    _text("graded_at", needed=True),
    _text("current_since", needed=True),
    _text("run_key"),
    _text("scorecard", needed=True),  # last: it is long, and lists do not read it
    UniqueConstraint("submission_id", "key"),
)
notebooks = _table("notebooks", _of("attempt_id", "attempts", key=True), _text("html", needed=True))
integrity_notes = _table(
    "integrity_notes",
    _of("attempt_id", "attempts", key=True),
    _text("note", key=True),
    _text("exercise"),
    _text("target"),
    _text("text", needed=True),
    _number("earned", needed=True),
    _number("withheld", needed=True),
)
decisions = _table(
    "decisions",
    _id(),
    _of("submission_id", "submissions"),
    _text("note", needed=True),
    _text("ruling", needed=True),
    _text("reason", needed=True),
    _text("decided_by", needed=True),
    _text("decided_at", needed=True),
    _text("replaced_at"),
)
adjustments = _table(
    "adjustments",
    _id(),
    _of("submission_id", "submissions"),
    _number("points", needed=True),
    _text("reason", needed=True),
    _text("adjusted_by", needed=True),
    _text("adjusted_at", needed=True),
    _text("undone_at"),
)
Index("adjustments_of", adjustments.c.submission_id)
# At most one decision on a note counts, whatever two instructors do at once.
Index(
    "one_decision_a_note",
    decisions.c.submission_id,
    decisions.c.note,
    unique=True,
    sqlite_where=text("replaced_at IS NULL"),
    postgresql_where=text("replaced_at IS NULL"),
)
