"""Opening a gradebook: made where there is none, refused where it is not ours to write."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, insert, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from grader.gradebook import tables
from grader.gradebook.book import Gradebook
from grader.gradebook.database import Database, GradebookError, url_of
from grader.gradebook.timestamps import now
from grader.gradebook.views import VIEWS
from grader.records.environment import grader_version

_CREATION = 0x67726164
"""Number of PostgreSQL's advisory lock under which tables are made."""


def open_gradebook(target: str | Path, *, create: bool = False) -> Gradebook:
    """The gradebook at `target`: a folder of reports, a SQLite file, or a database's URL.

    Raises GradebookError where there is none (unless `create`), where it is of a newer
    grader, damaged, locked or out of reach. Nothing that is there is ever overwritten.
    """
    database = Database(url_of(target))
    file = database.file
    if file is not None and not file.exists():
        if not create:
            raise GradebookError(f"there is no gradebook {file}: grade something first")
        _make_folder(file.parent)
    try:
        _prepare(database, create=create)
    except BaseException:
        database.release()
        raise
    return Gradebook(database)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GradebookError(
            f"{folder} cannot be made ({error.strerror}): name another place with --gradebook"
        ) from error


def _prepare(database: Database, *, create: bool) -> None:
    """Make the tables, or see that they are ours to use."""
    with database.reading() as connection:
        version = _version(database, connection)
    if version is None:
        if not create:
            raise GradebookError(f"{database.name}: holds no gradebook: grade something first")
        _make(database)
    elif version > tables.VERSION:
        raise GradebookError(
            f"{database.name}: was made by a newer grader (version {version} of its tables, this "
            f"one knows {tables.VERSION}): upgrade backprop-grader"
        )
    elif version < tables.VERSION:
        _migrate(database)
    if database.sqlite and create:
        _write_ahead(database)


def _version(database: Database, connection: Connection) -> int | None:
    """Version of the tables; None where there are none of ours yet."""
    present = set(inspect(connection).get_table_names())
    if tables.gradebook.name in present:
        found = connection.execute(select(tables.gradebook.c.version)).scalars().first()
        if found is None:
            raise GradebookError(
                f"{database.name}: is a gradebook without a version: put back a copy"
            )
        return int(found)
    foreign = present if database.sqlite else present & set(tables.metadata.tables)
    if foreign:
        raise GradebookError(
            f"{database.name}: is a database of something else (it has a table "
            f"{min(foreign)}): name another one with --gradebook"
        )
    return None


def _make(database: Database) -> None:
    """All tables and views at once; of two graders that begin together one makes them."""
    with _alone(database) as connection:
        if _version(database, connection) is not None:
            return
        tables.metadata.create_all(connection, checkfirst=False)
        for view in VIEWS.values():
            connection.execute(text(view))
        made = {
            "version": tables.VERSION,
            "made_by": f"grader {grader_version()}",
            "made_at": now(),
        }
        connection.execute(insert(tables.gradebook), made)


def _migrate(database: Database) -> None:
    """Bring the tables of an earlier grader up to date; of two graders one does it."""
    from grader.gradebook.migrations import migrate

    with _alone(database) as connection:
        version = _version(database, connection)
        if version is not None and version < tables.VERSION:
            migrate(connection, version)


@contextlib.contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A transaction in which no other grader makes or changes tables."""
    with database.writing() as connection:
        if not database.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _CREATION})
        yield connection


def _write_ahead(database: Database) -> None:
    """Readers and a writer do not wait for each other; a disk without it still works."""
    with contextlib.suppress(SQLAlchemyError):
        raw = database.engine.raw_connection()
        try:
            cursor = raw.cursor()
            if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                cursor.execute("PRAGMA journal_mode = WAL")
        finally:
            raw.close()
