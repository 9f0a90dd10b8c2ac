"""`grader forget`: a submission that does not belong to the class."""

from __future__ import annotations

from typing import Any

import click

from grader.cli.place import ReportsPlace, of_gradebook, opened, renew
from grader.cli.progress import warn
from grader.printable import printable


@click.command()
@click.argument("student", metavar="ID")
@of_gradebook
def forget(student: str, **place: Any) -> None:
    """Take a submission off the class page: a wrong id, somebody who left.

    Attempts, adjustments and decisions stay in the gradebook; grading it again brings it back.
    """
    from grader.report.removal import remove_reports

    where = ReportsPlace(**place)
    with opened(where) as (book, assignment):
        known = book.forget(assignment, student)
        said = "is no longer in the class" if known else "was taken off the class before"
        click.echo(f"{printable(student)} {said}: grading brings them back")
        if not remove_reports(where.out / student):
            warn(f"{where.out / student} holds other files too: remove it by hand")
        renew(book, assignment, where)
