"""The class at a glance: `index.html`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from grader.report.class_row import ClassRow, Part
from grader.report.overview import Overview
from grader.report.page import pieces
from grader.report.summary import column_name, exercise_ids, hardest, marks_of

MAX_COLUMNS = 6
"""More exercises than this do not fit beside each other; grades.csv has them all."""


def render_class(overview: Overview, title: str, notice: str | None = None) -> str:
    """One HTML page that links every scorecard; those without marks stand first."""
    return "".join(class_pieces(overview, title, notice))


def class_pieces(overview: Overview, title: str, notice: str | None = None) -> Iterator[str]:
    """The page bit by bit: that of a large class is never whole in memory.

    `notice`: one sentence that a reader must know before trusting the figures.
    """
    return pieces("class.html.j2", **_context(overview, title), notice=notice)


def _context(overview: Overview, title: str) -> dict[str, Any]:
    rows = sorted(overview.rows, key=lambda row: row.id.casefold())
    graded = [row for row in rows if row.status == "graded"]
    struggles = overview.struggles.groups()
    columns = exercise_ids(graded)
    return {
        "title": title,
        "ungraded": [row for row in rows if row.status == "ungraded"],
        "missing": [row for row in rows if row.status == "missing"],
        "graded": graded,
        "marks": marks_of(rows),
        "column_name": column_name,
        "columns": columns if 1 < len(columns) <= MAX_COLUMNS else [],
        "extra": extra_columns(rows),
        "struggles": struggles,
        "hardest": hardest(struggles),
        "flagged": sum(row.flags > 0 for row in rows),
        "unjudged": sum(row.unjudged > 0 for row in graded),
        "parts_of": parts_of,
    }


def extra_columns(rows: Sequence[ClassRow]) -> list[str]:
    """Which of the gradebook's figures say anything in this class; with them comes `final`."""
    grades = [row.grade for row in rows if row.grade is not None]
    used = {
        "integrity": any(grade.integrity for grade in grades),
        "adjustments": any(grade.adjusted for grade in grades),
        "late": any(grade.lateness for grade in grades),
    }
    columns = [name for name, said in used.items() if said]
    return [*columns, "final"] if columns else []


def parts_of(row: ClassRow) -> dict[str, Part]:
    """The exercises of a submission by id."""
    return {part.id: part for part in row.parts}
