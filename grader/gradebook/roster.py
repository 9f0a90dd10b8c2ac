"""The class list: a CSV with the columns id and name, and perhaps submitted_at, email, ….

Every fault is one line with the file's name and the line, and costs no more than that line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from grader.errors import UsageError
from grader.printable import printable
from grader.submission.class_list import read_class_list
from grader.submission.naming import safe_id

_KNOWN = ("id", "name", "email", "submitted_at")


class EnrolledStudent(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a roster."""

    id: str
    """As submissions are called: safe as the name of a folder."""
    name: str | None = None
    email: str | None = None
    submitted_at: str | None = None
    """As written there."""
    details: dict[str, str] = {}
    """The other columns."""
    line: int = 0


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody of a class, each once."""

    path: str
    students: list[EnrolledStudent]
    problems: list[str] = []
    """One line each, with what was done about it."""

    def unknown(self, ids: list[str]) -> Iterator[str]:
        """A line for each submission of nobody on the roster."""
        listed = {student.id for student in self.students}
        for name in ids:
            if name not in listed:
                yield f"{name} handed in, but is not on the roster {self.path}: graded all the same"


def read_roster(path: Path) -> Roster:
    """Read a class list; UsageError, in one line, where it is none at all."""
    file = read_class_list(path)
    head = [header.casefold() for header in file.headers]
    if "id" not in head:
        columns = printable(", ".join(filter(None, head))) or "none"
        raise UsageError(f"{file.where}: has no column `id` (columns: {columns}): name one so")
    reader = _Reader(file.where)
    for line, cells in file.rows:
        reader.read(cells, line)
    return Roster(
        path=file.where, students=list(reader.students.values()), problems=reader.problems
    )


class _Reader:
    def __init__(self, where: str) -> None:
        self.where = where
        self.students: dict[str, EnrolledStudent] = {}
        self.problems: list[str] = []

    def read(self, row: dict[str, str], line: int) -> None:
        cells = {header.casefold(): printable(cell) for header, cell in row.items() if cell}
        if not cells:
            return
        if "id" not in cells:
            self.problems.append(f"{self.where}:{line}: has no id: left out")
            return
        student = _student(cells, line)
        first = self.students.get(student.id)
        if first is None:
            self.students[student.id] = student
            return
        self.problems.append(
            f"{self.where}:{line}: {cells['id']} is in line {first.line} already: that one counts"
        )


def _student(cells: dict[str, str], line: int) -> EnrolledStudent:
    return EnrolledStudent(
        id=safe_id(cells["id"]),
        name=cells.get("name"),
        email=cells.get("email"),
        submitted_at=cells.get("submitted_at"),
        details={name: cell for name, cell in cells.items() if name not in _KNOWN},
        line=line,
    )
