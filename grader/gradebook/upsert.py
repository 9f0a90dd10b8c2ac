"""INSERT … ON CONFLICT, which both databases have in one form, and SQLAlchemy in two."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table


def upserting(connection: Connection, table: Table) -> Any:
    """An insert into `table` that has `on_conflict_do_update` and `…_nothing`."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)
