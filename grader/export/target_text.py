"""What every format says about one gradient, in the words of the scorecard."""

from __future__ import annotations

from collections.abc import Iterator

from grader.records.comparison import RIGHT
from grader.records.scorecard import ExerciseScore, Scorecard, TargetScore
from grader.report import figures
from grader.report.wording import explanation_of, verdict_of


def is_passed(target: TargetScore) -> bool:
    """Whether it earned all of its points."""
    return target.score >= target.max_score and target.verdict != "unjudged"


def is_own_mistake(target: TargetScore) -> bool:
    """A mistake to look at: nothing carried on from above, nothing absent, nothing unjudged."""
    if target.verdict in ("missing", "unjudged"):
        return target.diagnosis is not None
    if target.verdict in RIGHT:
        return target.basis != "value"
    return target.basis == "none" and target.root_cause is None


def label(target: TargetScore) -> str:
    """The verdict in a few words."""
    return verdict_of(target).label


def place(target: TargetScore) -> str:
    """`cell 17, line 9`; empty where nothing was written."""
    return figures.place(target.cell, target.line)


def reasons(target: TargetScore) -> Iterator[str]:
    """Sentences for the student, most helpful first; none of them hands out the answer."""
    if target.diagnosis is not None:
        yield target.diagnosis.why
        yield target.diagnosis.look_at
    if target.root_cause is not None:
        yield f"Not a mistake of this step: {target.root_cause} is already off."
    for text in (explanation_of(target), target.note):
        if text:
            yield text


def code_lines(target: TargetScore, limit: int = 12) -> str:
    """The student's lines with their numbers."""
    shown = [f"{line.line:>4}  {line.text[:200]}" for line in target.lines[:limit]]
    more = len(target.lines) - limit
    return "\n".join([*shown, f"      … {more} more"] if more > 0 else shown)


def targets_of(card: Scorecard) -> Iterator[tuple[ExerciseScore, TargetScore]]:
    """All rows with their exercise."""
    for exercise in card.exercises:
        for target in exercise.targets:
            yield exercise, target


def headline(card: Scorecard) -> str:
    """One line: `25.5 / 43 points, 36 of 40 gradients right; 2 to be looked at by a person`."""
    if card.status == "ungraded":
        return f"not graded: {card.reason or 'the reason was not recorded'}"
    rows = [target for _, target in targets_of(card)]
    text = f"{figures.points(card.score)} / {figures.points(card.max_score)} points"
    if rows:
        text += f", {sum(map(is_passed, rows))} of {len(rows)} gradients right"
    unjudged = sum(row.verdict == "unjudged" for row in rows)
    if unjudged:
        text += f"; {unjudged} to be looked at by a person"
    return text
