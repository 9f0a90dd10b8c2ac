"""Bringing a folder of reports in line with its gradebook, without running anything.

What is there and intact is left alone: a second run over a finished class writes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from grader.gradebook.book import Gradebook
from grader.records.grade import Grade
from grader.report import Reports
from grader.report.manifest import Written, renderer

CLASS = ""
"""Name of the class pages in the ledger; no submission is called so."""
ROUNDS = 3
"""Another grader may enter results while the class page is being written."""


class Published(msgspec.Struct, frozen=True):
    """What the folder shows now."""

    index: Path
    grades: list[Grade]


def publish(
    book: Gradebook, assignment: str, title: str, reports: Reports, written: Written
) -> Published:
    """Write every report that is missing, damaged or out of date."""
    for _ in range(ROUNDS):
        grades = book.grades(assignment)
        _write_scorecards(book, assignment, grades, reports, written)
        made_from = class_made_from(grades, title)
        if written.intact(CLASS, reports.CLASS_FILES, made_from):
            break
        reports.write_class(book.entries(assignment, grades), title)
        written.note(CLASS, reports.CLASS_FILES, made_from)
    written.gradebook = book.name
    written.save()
    return Published(reports.out / "index.html", grades)


def _write_scorecards(
    book: Gradebook, assignment: str, grades: Iterable[Grade], reports: Reports, written: Written
) -> None:
    stale = [
        grade
        for grade in grades
        if grade.attempt is not None
        and not written.intact(grade.id, reports.files_of(grade.id), page_made_from(grade))
    ]
    for entry in book.entries(assignment, stale):
        grade = entry.grade
        if entry.card is None or grade is None:
            continue
        reports.write_scorecard(entry.card, book.notebook(assignment, grade), grade)
        written.note(grade.id, reports.files_of(grade.id), page_made_from(grade))


def page_made_from(grade: Grade) -> str:
    """What a scorecard's files depend on: the attempt, and what changes its points."""
    said = _digest([grade]) if grade.changed else "as graded"
    return f"{grade.attempt} {grade.graded_at} {renderer()} {said}"


def class_made_from(grades: Iterable[Grade], title: str) -> str:
    """What the class pages depend on."""
    return f"{_digest(grades)} {renderer()} {title}"


def _digest(grades: Iterable[Grade]) -> str:
    digest = hashlib.sha256()
    for grade in grades:
        digest.update(msgspec.json.encode(grade))
    return digest.hexdigest()
