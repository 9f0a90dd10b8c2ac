"""The two sides of a comparison: gradebooks, or folders of reports that have none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from grader.errors import UsageError
from grader.gradebook.book import Gradebook
from grader.gradebook.comparison import Move, moved
from grader.gradebook.opening import open_gradebook
from grader.printable import printable
from grader.records.scorecard import Scorecard
from grader.report import GRADEBOOK, Reports
from grader.submission.naming import natural


class Side(Protocol):
    """Scorecards by id."""

    def ids(self) -> list[str]: ...

    def card(self, student: str) -> Scorecard | None: ...


class _Book:
    def __init__(self, book: Gradebook, assignment: str) -> None:
        self.book = book
        self.assignment = assignment

    def ids(self) -> list[str]:
        return [grade.id for grade in self.book.grades(self.assignment) if grade.attempt]

    def card(self, student: str) -> Scorecard | None:
        return self.book.scorecard(self.assignment, student)


class _Folder:
    def __init__(self, reports: Reports) -> None:
        self.reports = reports

    def ids(self) -> list[str]:
        return self.reports.ids()

    def card(self, student: str) -> Scorecard | None:
        return self.reports.read(student)


@contextmanager
def open_side(target: str | Path, assignment: str | None) -> Iterator[Side]:
    """A gradebook by URL or file, or a folder of reports with or without one.

    Raises UsageError for a path where there is neither.
    """
    folder = Path(target)
    if "://" in str(target) or folder.is_file() or (folder / GRADEBOOK).is_file():
        with open_gradebook(target) as book:
            yield _Book(book, book.assignment(assignment)[0])
        return
    side = _Folder(Reports(folder))
    if not side.ids():
        raise UsageError(f"{printable(str(target))} holds neither a gradebook nor scorecards")
    yield side


def between(before: Side, after: Side) -> Iterator[Move]:
    """Whose marks differ, those that only one side has included."""
    both = dict.fromkeys([*before.ids(), *after.ids()])
    for student in sorted(both, key=natural):
        if move := moved(student, before.card(student), after.card(student)):
            yield move
