"""The grades as CSV: one line a submission."""

from __future__ import annotations

from collections.abc import Sequence

from grader.export.exporter import ExportOptions, Format
from grader.export.rows import class_rows
from grader.records.scorecard import Scorecard
from grader.report.grades import grades_csv


def write(cards: Sequence[Scorecard], options: ExportOptions) -> str:
    """The same as `grades.csv` in the reports; cells that a spreadsheet would compute are text."""
    return "".join(grades_csv(class_rows(cards, options.grades)))


FORMAT = Format("one line a submission, for spreadsheets", write)
