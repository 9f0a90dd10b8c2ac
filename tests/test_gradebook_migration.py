"""A book of every earlier version opens with this grader, and nothing in it is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from grader.gradebook import Gradebook, GradebookError, migrations, open_gradebook, tables
from grader.gradebook.database import Database, url_of
from grader.gradebook.views import VIEWS

BOOKS = Path(__file__).parent / "gradebooks"
VERSIONS = range(1, tables.VERSION)


def restore(database: Database, version: int) -> None:
    """Put a book back that a grader of that version wrote."""
    if database.file is not None:
        database.file.parent.mkdir()
    script = (BOOKS / f"version_{version}.sql").read_text(encoding="utf-8")
    statements = re.split(r";\n(?=CREATE |INSERT |$)", script)
    with database.writing() as connection:
        for statement in filter(str.strip, statements):
            if database.sqlite:
                connection.exec_driver_sql(statement)
            else:
                serial = statement.replace("id INTEGER NOT NULL, \n", "id SERIAL NOT NULL, \n", 1)
                connection.exec_driver_sql(serial.replace("%", "%%"))


def everything(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, and what the views make of them."""
    names = [*tables.metadata.tables, *VIEWS]
    rows = {n: connection.execute(text(f"SELECT * FROM {n}")).mappings().all() for n in names}
    return {name: sorted(map(dict, found), key=repr) for name, found in rows.items()}


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, gradebook_url: str) -> Iterator[Database]:
    database = Database(url_of(gradebook_url))
    restore(database, request.param)
    yield database
    database.release()


def opened(database: Database) -> Gradebook:
    return open_gradebook(database.url.render_as_string(hide_password=False))


def test_nothing_is_lost_and_every_view_says_what_it_said(old: Database) -> None:
    with old.reading() as connection:
        before = everything(connection)
    with opened(old) as book, book.database.reading() as connection:
        after = everything(connection)
    assert before.pop("gradebook") != after.pop("gradebook")  # its version
    for table, rows in before.items():
        assert rows, table
        kept = [{name: row[name] for name in rows[0]} for row in after[table]]
        assert sorted(kept, key=repr) == rows


def test_its_tables_are_those_of_a_new_book(old: Database) -> None:
    with opened(old) as book, book.database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        (row,) = connection.execute(text("SELECT version FROM gradebook")).all()
    assert row.version == tables.VERSION


def test_what_was_decided_and_given_by_hand_still_counts(old: Database) -> None:
    with opened(old) as book:
        ada, ben, cy = book.grades("backprop_ninja")
        assert (ada.final, ada.late, ada.adjustments) == (17.0, 15.0, 2.0)
        assert (ben.final, ben.decided[0].ruling, cy.status) == (25.0, "dismissed", "missing")
        assert book.notebook("backprop_ninja", ada) == "<p>it's run</p>"


def test_a_step_that_fails_leaves_the_book_as_it_was(
    old: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(operations: Any) -> None:
        operations.execute("ALTER TABLE attempts ADD COLUMN half TEXT")
        operations.execute("SELECT nonsense FROM nowhere")

    with old.reading() as connection:
        before = everything(connection)
    monkeypatch.setattr(migrations, "STEPS", (fails,) * len(migrations.STEPS))
    with pytest.raises(GradebookError):
        opened(old)
    with old.reading() as connection:
        assert everything(connection) == before


def test_there_is_a_step_and_a_kept_book_for_every_version() -> None:
    assert len(migrations.STEPS) == tables.VERSION - 1
    assert {path.name for path in BOOKS.iterdir()} == {f"version_{v}.sql" for v in VERSIONS}
