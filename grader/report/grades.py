"""`grades.csv`: one line a submission, for spreadsheets and gradebooks."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from grader.model import Scorecard
from grader.report.summary import column_name, exercise_ids
from grader.report.visible import flat

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def grades_csv(cards: Sequence[Scorecard]) -> str:
    """id, path, status, run, score, max_score, one column per exercise, reason.

    The scores of an ungraded submission are empty, which is not zero.
    """
    ids = exercise_ids(cards)
    columns = [column_name(exercise) for exercise in ids]
    head = ["id", "path", "status", "run", "score", "max_score", *columns, "reason"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(defused(cell) for cell in head)
    writer.writerows(_line(card, ids) for card in cards)
    return text.getvalue()


def defused(cell: str) -> str:
    """On one line, and with an apostrophe before what a spreadsheet would compute."""
    text = flat(cell)
    risky = cell.startswith(_FORMULA) or text.startswith(_FORMULA)
    return f"'{text}" if risky else text


def _line(card: Scorecard, ids: list[str]) -> list[str]:
    scores = {part.id: _number(part.score) for part in card.exercises}
    graded = card.status == "graded"
    return [
        defused(card.id),
        defused(card.source.path),
        card.status,
        card.run,
        _number(card.score) if graded else "",
        _number(card.max_score),
        *(scores.get(exercise, "") if graded else "" for exercise in ids),
        defused(card.reason or ""),
    ]


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
