"""Canvas' gradebook import: the columns that identify a student, and one of points."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from grader.errors import UsageError
from grader.export.exporter import ExportOptions, Format
from grader.export.roster import OPTIONAL, ClassList
from grader.export.rows import class_rows
from grader.records.scorecard import Scorecard
from grader.report.class_row import ClassRow
from grader.report.grades import defused


def write(cards: Sequence[Scorecard], options: ExportOptions) -> str:
    """One line for every student of the roster, the title's column last.

    Students without a submission, and those whose submission is ungraded, have an empty
    cell: Canvas then leaves their grade as it is.
    """
    roster = options.roster
    if roster is None:
        raise UsageError("canvas: name the class list with --roster (Canvas: Grades, Export)")
    rows = class_rows(cards, options.grades)
    handed_in = [row for row in rows if row.has_marks or row.status != "missing"]
    matched = roster.matched(handed_in, skip_unknown=options.skip_unknown)
    maxima = {card.max_score for card in cards}
    if len(maxima) > 1 or len({card.assignment for card in cards}) > 1:
        raise UsageError("canvas: the scorecards are of different assignments: export each alone")
    sis = [header for header in OPTIONAL if header in roster.headers]
    info = ["Student", "ID", *sis, "Section"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*info, defused(_column(cards, options, roster))])
    blanks = [""] * (len(info) - 1)
    writer.writerow(["    Points Possible", *blanks, *(f"{most:.2f}" for most in maxima)])
    for i, student in enumerate(roster.rows):
        cells = [defused(student.cells.get(header, "")) for header in info]
        writer.writerow([*cells, _points(matched.get(i))])
    return text.getvalue()


def _points(row: ClassRow | None) -> str:
    """What counts in the end: adjusted and late, where a gradebook is kept."""
    return "" if row is None or not row.has_marks else f"{row.points:.2f}"


def _column(cards: Sequence[Scorecard], options: ExportOptions, roster: ClassList) -> str:
    """As named; else the roster's column of this title, with Canvas' number; else the title."""
    if options.column:
        return options.column
    title = options.title or next((card.title or card.assignment for card in cards), "Score")
    known = re.compile(re.escape(title) + r" \(\d+\)", re.IGNORECASE)
    return next((header for header in roster.headers if known.fullmatch(header)), title)


FORMAT = Format("Canvas' gradebook import; needs --roster", write)
