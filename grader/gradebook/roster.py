"""The class list: a CSV with the columns id and name, and perhaps submitted_at, email, ….

Every fault is one line with the file's name and the line, and costs no more than that line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec

from grader.errors import UsageError
from grader.printable import printable
from grader.submission.naming import safe_id

MAX_BYTES = 64 << 20
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
    where = printable(str(path))
    text = _text(path, where)
    lines = io.StringIO(text, newline="")
    rows = csv.reader(lines, delimiter=_delimiter(text), skipinitialspace=True)
    try:
        head = [cell.strip().casefold() for cell in next(rows, [])]
        if "id" not in head:
            columns = printable(", ".join(filter(None, head))) or "none"
            raise UsageError(f"{where}: has no column `id` (columns: {columns}): name one so")
        reader = _Reader(where, head)
        for row in rows:
            reader.read(row, rows.line_num)
    except csv.Error as error:
        raise UsageError(f"{where}:{rows.line_num}: is not CSV ({error}): save it again") from error
    return Roster(path=where, students=list(reader.students.values()), problems=reader.problems)


class _Reader:
    def __init__(self, where: str, head: list[str]) -> None:
        self.where = where
        self.head = head
        self.students: dict[str, EnrolledStudent] = {}
        self.problems: list[str] = []

    def read(self, row: list[str], line: int) -> None:
        cells = {
            name: printable(cell.strip())
            for name, cell in zip(self.head, row, strict=False)
            if name and cell.strip()
        }
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


def _text(path: Path, where: str) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{where}: cannot be read ({error.strerror}): check the path") from error
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{where}: is larger than {MAX_BYTES >> 20} MiB: that is no class list")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{where}: is not UTF-8: save it as “CSV UTF-8”") from error


def _delimiter(text: str) -> str:
    """A comma, or what spreadsheets of other countries write: by the first line."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)
