"""A connection to SQLite or PostgreSQL; every fault of theirs becomes one line for a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from grader.errors import InfrastructureError
from grader.report import GRADEBOOK

PATIENCE = 30
"""Seconds to wait for another grader's transaction."""
ADDRESS = "postgresql+psycopg://user@host/database"


class GradebookError(InfrastructureError):
    """The gradebook cannot be used; says which, why, and what to do."""


def url_of(target: str | Path) -> URL:
    """The address of a gradebook: a database URL, a folder of reports, or a SQLite file."""
    text = str(target)
    if "://" not in text:
        path = Path(text)
        is_file = path.is_file() or (path.suffix in {".db", ".sqlite"} and not path.is_dir())
        return URL.create("sqlite", database=str(path if is_file else path / GRADEBOOK))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise GradebookError(
            f"the gradebook's address cannot be understood: write {ADDRESS} or a folder"
        ) from error
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise GradebookError(
            f"a gradebook is kept in SQLite or PostgreSQL, not in {url.get_backend_name()}: "
            f"write {ADDRESS} or a folder"
        )
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


class Database:
    """One database; connections are opened when needed."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.engine = self._engine()

    @property
    def name(self) -> str:
        """The file, or the address without its password."""
        if self.sqlite:
            return str(Path(self.url.database or "").absolute())
        return self.url.set(query={}).render_as_string(hide_password=True)

    @property
    def sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database."""
        database = self.url.database
        return Path(database) if self.sqlite and database not in (None, "", ":memory:") else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self.faults(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is stored as a whole, or not at all."""
        with self.faults(), self.engine.connect() as connection:
            writer = connection.execution_options(writes=True)
            with writer.begin():
                yield writer

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Raises what the database says as GradebookError."""
        try:
            yield
        except DBAPIError as error:
            raise GradebookError(self._explained(error)) from error

    def release(self) -> None:
        """Close every connection: none may be open when this process forks."""
        self.engine.dispose()

    def _engine(self) -> Engine:
        wait = {"timeout": PATIENCE} if self.sqlite else {"connect_timeout": PATIENCE // 3}
        options = {} if self.sqlite else {"options": f"-c lock_timeout={PATIENCE}s"}
        given = self.url.query
        arguments = {key: value for key, value in (wait | options).items() if key not in given}
        try:
            engine = create_engine(self.url, connect_args=arguments)
        except ModuleNotFoundError as error:
            raise GradebookError(
                f"a gradebook on PostgreSQL needs {error.name}: pip install 'psycopg[binary]'"
            ) from error
        except (NoSuchModuleError, ArgumentError) as error:
            raise GradebookError(
                f"the gradebook's address cannot be used ({_first_line(error)}): write {ADDRESS}"
            ) from error
        if self.sqlite:
            event.listen(engine, "connect", _on_sqlite_connect)
            event.listen(engine, "begin", _on_sqlite_begin)
        return engine

    def _explained(self, error: DBAPIError) -> str:
        said = _first_line(error.orig or error)
        remedies = _SQLITE if self.sqlite else _POSTGRESQL
        for sign, text in remedies.items():
            if sign in said:
                return f"{self.name}: {text.format(said=said)}"
        return f"{self.name}: refused ({said})"


_DAMAGED = (
    "is damaged or no gradebook ({said}): move it away to begin a new one, or put back a copy; "
    "it was left as it is"
)
_SQLITE = {
    "locked": "is locked by another program: close what has it open, then run the command again",
    "not a database": _DAMAGED,
    "malformed": _DAMAGED,
    "no such": _DAMAGED,
    "unable to open": "cannot be opened: check the folder and its permissions",
    "readonly": "may not be written to: check the permissions of the file and its folder",
    "full": "cannot be written to ({said}): make room, then run the command again",
    "disk I/O": "cannot be read or written ({said}): check the disk",
}
_POSTGRESQL = {
    "lock timeout": "is locked by another program: try again when that has ended",
    "does not exist": "cannot be used ({said}): check the address, and create what is missing",
    "permission denied": "may not be written to ({said}): ask for the right to create tables",
    "resolve": "cannot be reached ({said}): check the address, and the network",
    "connection": "cannot be reached ({said}): check that the server runs, and the address",
}


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    # Transactions are begun below, by hand: the module's own begin too late, and never as writers.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")


def _on_sqlite_begin(connection: Connection) -> None:
    # A reader that turns writer midway fails at once instead of waiting for its turn.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
