"""Statements for many rows.

INSERT … ON CONFLICT, which both databases have in one form, and SQLAlchemy in two; and lists
in pieces, since no database takes them at any length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Table


def upserting(dialect: str, table: Table) -> Any:
    """An insert into `table` that has `on_conflict_do_update` and `…_nothing`."""
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


CHUNK = 200
"""Keys or scorecards that are asked for at a time."""


def chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    """The items, `CHUNK` at a time."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
