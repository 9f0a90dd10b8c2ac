"""`grades.csv`: one line a submission, for spreadsheets and gradebooks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from grader.report.class_page import extra_columns
from grader.report.class_row import ClassRow
from grader.report.summary import column_name, exercise_ids
from grader.report.visible_text import flat

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_SEPARATED = re.compile(r"[;|]\s*(?=[=+\-@＝＋－＠])")
"""Where a spreadsheet of another country sees the next cell begin, quotes or not."""

_ADDED = {
    "integrity": ["integrity"],
    "adjustments": ["adjustments"],
    "late": ["submitted_at", "lateness", "late"],
    "final": ["final"],
}
"""Columns here for each of the class page's."""


def grades_csv(rows: Sequence[ClassRow]) -> Iterator[str]:
    """Line by line: id, path, status, run, score, max_score, a column per exercise, reason.

    `name`, and what the gradebook adds to the score, have columns where they are used. The
    scores of an ungraded submission are empty, which is not zero. The reason is also that of an
    exercise that earned nothing.
    """
    exercises = exercise_ids(rows)
    named = ["name"] if any(row.grade and row.grade.name for row in rows) else []
    added = [column for extra in extra_columns(rows) for column in _ADDED[extra]]
    head = ["id", *named, "path", "status", "run", "score", "max_score", *added]
    columns = [column_name(exercise) for exercise in exercises]
    yield _line([*head, *columns, "reason"])
    for row in rows:
        scores = {part.id: _number(part.score) for part in row.parts}
        graded = row.status == "graded"
        parts = [scores.get(exercise, "") if graded else "" for exercise in exercises]
        yield _line(
            [
                *(_cell(row, name) for name in head),
                *parts,
                "; ".join(filter(None, (row.reason, *row.causes))),
            ]
        )


def defused(cell: str) -> str:
    """On one line, and with an apostrophe before what a spreadsheet would compute."""
    text = flat(cell)
    risky = cell.startswith(_FORMULA) or text.startswith(_FORMULA)
    return _SEPARATED.sub(r"\g<0>'", f"'{text}" if risky else text)


def _line(cells: Iterable[str | float]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(
        defused(cell) if isinstance(cell, str) else _number(cell) for cell in cells
    )
    return text.getvalue()


def _cell(row: ClassRow, column: str) -> str | float:
    match column:
        case "id" | "path" | "status" | "run":
            return str(getattr(row, column))
        case "max_score":
            return row.max_score
        case "score":
            return row.score if row.status == "graded" else ""
        case _:
            value = getattr(row.grade, column) if row.grade else None
            return "" if value is None else value if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
