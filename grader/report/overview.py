"""A class, gathered submission by submission: scorecards pass by, their lines stay."""

from __future__ import annotations

from collections.abc import Iterable

from grader.report.class_row import ClassRow, Entry, row_of
from grader.report.summary import Struggles


class Overview:
    """What the class page and grades.csv are made of."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.rows: list[ClassRow] = []
        self.struggles = Struggles()
        self.assignments: set[str] = set()
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        self.rows.append(row_of(entry))
        known = entry.card or entry.grade
        if known is not None:
            self.assignments.add(known.assignment)
        if entry.card is not None and entry.card.status == "graded":
            self.struggles.add(entry.card)

    @property
    def assignment(self) -> str | None:
        """None where the submissions belong to several, or there are none."""
        return next(iter(self.assignments)) if len(self.assignments) == 1 else None
