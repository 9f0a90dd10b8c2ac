"""Scorecards and the gradebook's word on them, a line for each student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grader.records.grade import Grade
from grader.records.scorecard import Scorecard
from grader.report.class_row import ClassRow, Entry, row_of


def class_rows(cards: Sequence[Scorecard], grades: Mapping[str, Grade]) -> list[ClassRow]:
    """By id: every scorecard, and every grade of a student who handed nothing in."""
    by_id = {card.id: card for card in cards}
    ids = sorted({*by_id, *grades}, key=str.casefold)
    return [row_of(Entry(card=by_id.get(each), grade=grades.get(each))) for each in ids]
