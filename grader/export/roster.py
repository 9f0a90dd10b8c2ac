"""A class list, as Canvas exports its gradebook, and whose submission is whose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from grader.errors import UsageError
from grader.report.class_row import ClassRow
from grader.submission.class_list import read_class_list
from grader.submission.naming import safe_id
from grader.submission.platforms import named

WANTED = ("Student", "ID", "Section")
OPTIONAL = ("SIS User ID", "SIS Login ID")
SUBMISSION = "Submission"
"""A column of one's own: the id of the submission, where no other column tells."""


class RosterRow(msgspec.Struct, frozen=True):
    """One student: the cells of the row by their header."""

    cells: dict[str, str]

    @property
    def names(self) -> frozenset[str]:
        """Every id under which grading may have filed this student's submission."""
        wanted = [self.cells.get(SUBMISSION, "")]
        for header in ("ID", *OPTIONAL):
            text = self.cells.get(header, "")
            wanted += [text, text.partition("@")[0]]
        student = self.cells["Student"]
        # Canvas names downloads by the sortable name without spaces and signs.
        squeezed = "".join(c for c in student if c.isalnum())
        last, comma, first = student.partition(",")
        turned = f"{first.strip()} {last.strip()}" if comma else student
        wanted += [student, squeezed, turned]
        return frozenset(safe_id(name).casefold() for name in wanted if name.strip())


class ClassList(msgspec.Struct, frozen=True):
    """The students, in the roster's order."""

    path: str
    headers: tuple[str, ...]
    rows: tuple[RosterRow, ...]

    def matched(
        self, submissions: Sequence[ClassRow], *, skip_unknown: bool = False
    ) -> dict[int, ClassRow]:
        """Index of a row → the submission of that student.

        Raises UsageError for a submission that fits no row, or several, and for two that fit
        the same row.
        """
        found: dict[int, ClassRow] = {}
        unknown: list[str] = []
        for submission in submissions:
            fits = self._rows_of(submission)
            if not fits:
                unknown.append(submission.id)
            elif len(fits) > 1 or fits[0] in found:
                raise UsageError(self._ambiguous(submission, fits, found))
            else:
                found[fits[0]] = submission
        if unknown and not skip_unknown:
            raise UsageError(
                f"on no row of {self.path}: {_some(unknown)}: add a column {SUBMISSION!r} with "
                "the submission's id, or leave such submissions out with --skip-unknown"
            )
        return found

    def _rows_of(self, submission: ClassRow) -> list[int]:
        """Rows by the strongest sign: an own column, Canvas' number in the file's name, a name."""
        wanted = submission.id.casefold()
        own = [
            i
            for i, row in enumerate(self.rows)
            if row.cells.get(SUBMISSION, "").casefold() == wanted
        ]
        if own:
            return own
        downloaded = named(Path(submission.path.rpartition("!")[2]).name, folder=False)
        if downloaded is not None:
            numbered = [
                i for i, row in enumerate(self.rows) if row.cells["ID"] in downloaded.aliases
            ]
            if numbered:
                return numbered
        return [i for i, row in enumerate(self.rows) if wanted in row.names]

    def _ambiguous(self, submission: ClassRow, fits: list[int], found: dict[int, ClassRow]) -> str:
        if len(fits) > 1:
            students = _some([self.rows[i].cells["Student"] for i in fits])
            return (
                f"{submission.id} fits several rows of {self.path} ({students}): "
                f"add a column {SUBMISSION!r} with the submission's id"
            )
        student = self.rows[fits[0]].cells["Student"]
        return (
            f"{found[fits[0]].id} and {submission.id} are both {student} in {self.path}: "
            "remove the folder that does not count"
        )


def read_roster(path: Path) -> ClassList:
    """Read a roster. Raises UsageError that says which columns there are and which are wanted."""
    file = read_class_list(path)
    missing = [header for header in WANTED if header not in file.headers]
    if missing:
        there = ", ".join(header for header in file.headers if header)[:300] or "none"
        raise UsageError(
            f"{file.where}: there is no column {' nor '.join(missing)} (there: {there}; wanted: "
            f"{', '.join(WANTED)} and, if known, {', '.join(OPTIONAL)}): "
            "use the gradebook that Canvas exports"
        )
    return ClassList(file.where, file.headers, tuple(_students(file.rows)))


def _students(rows: Sequence[tuple[int, dict[str, str]]]) -> Iterator[RosterRow]:
    for _, cells in rows:
        # Canvas puts rows without an ID below the header: points possible, manual posting.
        if cells.get("Student") and cells.get("ID"):
            yield RosterRow(dict.fromkeys(WANTED, "") | cells)


def _some(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
