"""nbgrader: the table that `nbgrader export` writes, or points written into its `gradebook.db`."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from grader.errors import UsageError
from grader.export import target_text
from grader.export.exporter import ExportOptions, Format
from grader.export.rows import class_rows
from grader.records.scorecard import Scorecard
from grader.report.class_row import ClassRow
from grader.report.grades import defused
from grader.submission.naming import safe_id

HEADER: Final = [
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
]
NOTEBOOK: Final = "backprop-grader"
"""The notebook under which our cells stand: one for each gradient."""


def write(cards: Sequence[Scorecard], options: ExportOptions) -> str:
    """A line for each student with marks; `--column` is the assignment's name there."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, restval="", lineterminator="\n")
    writer.writeheader()
    for row in class_rows(cards, options.grades):
        if row.has_marks:
            cells = {"assignment": _name(cards, options), "student_id": defused(row.id)}
            points = {"raw_score": f"{row.score:g}", "score": f"{row.points:g}"}
            penalty = f"{max(row.score - row.points, 0):g}"
            most = f"{row.max_score:g}"
            rest = {"late_submission_penalty": penalty, "max_score": most}
            writer.writerow(cells | points | rest)
    return text.getvalue()


def write_into(cards: Sequence[Scorecard], options: ExportOptions, path: Path) -> int:
    """Write the points into nbgrader's own database; how many students have them now.

    Each gradient is a cell, and what a person or the clock changed afterwards is the first
    cell's extra credit: nbgrader adds all of it up. Raises UsageError where nbgrader is not
    installed, and for an assignment that has cells of nbgrader's own, which would count twice.
    """
    try:
        from nbgrader.api import Gradebook
    except ModuleNotFoundError as error:
        raise UsageError(f"{path.name}: nbgrader is not installed beside the grader") from error
    if not path.is_file():
        raise UsageError(f"{path}: there is no gradebook of nbgrader's there")
    name = _name(cards, options)
    by_id = {card.id: card for card in cards if card.status == "graded"}
    rows = [row for row in class_rows(cards, options.grades) if row.has_marks and row.id in by_id]
    with Gradebook(f"sqlite:///{path}") as book:
        _prepare(book, name, by_id.values())
        known = {safe_id(student.id): student.id for student in book.students}
        for row in rows:
            _enter(book, name, known.get(row.id, row.id), by_id[row.id], row)
    return len(rows)


def _prepare(book: Any, name: str, cards: Any) -> None:
    """The assignment, and a cell with its points for each gradient."""
    if name in {each.name for each in book.assignments}:
        others = {each.name for each in book.find_assignment(name).notebooks} - {NOTEBOOK}
        if others:
            raise UsageError(
                f"the assignment {name} of this gradebook has notebooks of its own "
                f"({', '.join(sorted(others))}), whose points would count, too: "
                "give ours another name with --column"
            )
    book.update_or_create_assignment(name)
    book.update_or_create_notebook(NOTEBOOK, name)
    for cell, most in {cell: most for card in cards for cell, _, most in _cells(card)}.items():
        book.update_or_create_grade_cell(cell, NOTEBOOK, name, max_score=most, cell_type="code")


def _enter(book: Any, name: str, student: str, card: Scorecard, row: ClassRow) -> None:
    book.update_or_create_student(student)
    book.update_or_create_submission(name, student)
    for i, (cell, score, _) in enumerate(_cells(card)):
        grade = book.find_grade(cell, NOTEBOOK, name, student)
        grade.auto_score, grade.needs_manual_grade = score, False
        grade.extra_credit = row.points - card.score if i == 0 else 0.0
    book.db.commit()


def _cells(card: Scorecard) -> list[tuple[str, float, float]]:
    return [
        (f"{exercise.id}-{target.name}", target.score, target.max_score)
        for exercise, target in target_text.targets_of(card)
    ]


def _name(cards: Sequence[Scorecard], options: ExportOptions) -> str:
    names = {card.assignment for card in cards}
    if options.column:
        return options.column
    if len(names) != 1:
        raise UsageError("nbgrader: the scorecards are of different assignments: export each alone")
    return names.pop()


FORMAT = Format(
    "nbgrader's table of grades; with --out gradebook.db, into its database",
    write,
    into=(".db", write_into),
)
