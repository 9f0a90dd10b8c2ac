"""Gradebooks of earlier versions: brought up to the tables of today, a numbered step at a time.

Alembic changes the tables, in both databases. Its own command line and its table of revisions are
not used: the version has stood in `gradebook` from the first, and a book is migrated by whoever
opens it, in one transaction with its new number.
"""

from __future__ import annotations

from collections.abc import Callable

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Connection, Float, Text, update

from grader.gradebook import tables
from grader.gradebook.views import VIEWS


def migrate(connection: Connection, version: int) -> None:
    """From `version` to today's; the caller holds a transaction that nobody else can write in."""
    operations = Operations(MigrationContext.configure(connection))
    for name in reversed(VIEWS):  # made anew below: they hold nothing
        operations.execute(f"DROP VIEW IF EXISTS {name}")
    for step in STEPS[version - 1 :]:
        step(operations)
    for view in VIEWS.values():
        operations.execute(view)
    connection.execute(update(tables.gradebook).values(version=tables.VERSION))


def _to_2(operations: Operations) -> None:
    """Marks from what is stored, and what a changed deadline has moved."""
    operations.add_column("attempts", Column("run_key", Text))
    operations.add_column("submissions", Column("late_share_before", Float(53)))
    operations.add_column("submissions", Column("late_changed_at", Text))


STEPS: tuple[Callable[[Operations], None], ...] = (_to_2,)
"""The first leads from version 1 to 2. One that has been released is never changed."""
