"""Which gradebook a command means, and the reports that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from grader.cli.progress import warn
from grader.records.grade import Grade

if TYPE_CHECKING:
    from grader.gradebook import Gradebook

Command = TypeVar("Command", bound=Callable[..., Any])


class ReportsPlace(msgspec.Struct, frozen=True):
    """What `--out`, `--gradebook` and `--assignment` say."""

    out: Path
    gradebook: str | None = None
    assignment: str | None = None


def of_gradebook(command: Command) -> Command:
    """The options that name a gradebook, for commands that work on one."""
    for option in (
        click.option("--assignment", metavar="NAME", help="If the gradebook holds several."),
        click.option(
            "--gradebook",
            metavar="URL|DIR",
            help="Where grades are kept, if not in the folder of reports.",
        ),
        click.option(
            "--out",
            type=click.Path(path_type=Path, file_okay=False),
            default=Path("reports"),
            show_default=True,
            help="Folder of reports.",
        ),
    ):
        command = option(command)
    return command


@contextmanager
def opened(place: ReportsPlace) -> Iterator[tuple[Gradebook, str]]:
    """The gradebook and the name of the assignment in question."""
    from grader.gradebook import open_gradebook

    with open_gradebook(place.gradebook or place.out) as book:
        yield book, book.assignment(place.assignment)[0]


def grade_of(book: Gradebook, assignment: str, student: str) -> Grade | None:
    """What counts for one student; None for nobody of the class."""
    return next((grade for grade in book.grades(assignment) if grade.id == student), None)


def final_marks(before: Grade | None, after: Grade | None) -> str:
    """`final 40 → 42`, `final 40 as before`."""
    was, now = ("–" if g is None or g.final is None else f"{g.final:g}" for g in (before, after))
    return f"final {now} as before" if was == now else f"final {was} → {now}"


def renew(book: Gradebook, assignment: str, place: ReportsPlace) -> None:
    """Write the reports that a change concerns, where there is a folder of them."""
    from grader.gradebook import publish
    from grader.report import Reports
    from grader.report.manifest import Written

    written = Written(place.out)
    # A folder that happens to have the default's name may be that of another class.
    if place.gradebook is not None and written.gradebook != book.name:
        warn(f"{place.out} holds no reports of this gradebook: `grader grade` writes them")
        return
    title = book.assignment(assignment)[1]
    click.echo(publish(book, assignment, title, Reports(place.out), written).index)
