"""The class at a glance: `index.html`."""

from __future__ import annotations

from collections.abc import Sequence

from grader.model import ExerciseScore, Scorecard
from grader.report.page import render
from grader.report.summary import column_name, exercise_ids, hardest, marks_of, struggles_of

MAX_COLUMNS = 6
"""More exercises than this do not fit beside each other; grades.csv has them all."""


def render_class(cards: Sequence[Scorecard], title: str) -> str:
    """One HTML page that links every scorecard; the ungraded stand first."""
    ordered = sorted(cards, key=lambda card: card.id.casefold())
    ungraded = [card for card in ordered if card.status == "ungraded"]
    graded = [card for card in ordered if card.status == "graded"]
    struggles = struggles_of(graded)
    columns = exercise_ids(graded)
    return render(
        "class.html.j2",
        title=title,
        ungraded=ungraded,
        graded=graded,
        marks=marks_of(graded),
        column_name=column_name,
        columns=columns if 1 < len(columns) <= MAX_COLUMNS else [],
        struggles=struggles,
        hardest=hardest(struggles),
        flagged=sum(bool(card.integrity) for card in ordered),
        unjudged=[card for card in graded if count_unjudged(card)],
        count_unjudged=count_unjudged,
        parts_of=parts_of,
    )


def count_unjudged(card: Scorecard) -> int:
    """Targets that a person has to look at."""
    return sum(t.verdict == "unjudged" for part in card.exercises for t in part.targets)


def parts_of(card: Scorecard) -> dict[str, ExerciseScore]:
    """The exercises of a submission by id."""
    return {part.id: part for part in card.exercises}
