"""What `check()` shows: gradients by their values, as HTML in a notebook or as plain text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from grader.printable import printable
from grader.records.comparison import RIGHT
from grader.records.scorecard import ExerciseScore, Scorecard, TargetScore
from grader.report import figures
from grader.report.lines import details, follows, headline, tone_of
from grader.report.page import render
from grader.report.terminal import MARKS, heading, name_width, rows

if TYPE_CHECKING:
    from rich.console import Console

PLAIN_WIDTH = 100
NOTHING = "Nothing can be judged"
NO_VALUES = "Steps alone can be judged"


def values_html(
    card: Scorecard | None,
    problem: str | None,
    *,
    command: str,
    beyond: Sequence[str],
    steps: bool = False,
    unseen: str | None = None,
) -> str:
    """One element for a notebook's output, with styles that reach nothing else.

    problem: why there is no card; command: what does the full job; beyond: what that adds.
    steps: whether steps were judged, too; unseen: why they were not.
    """
    judged = _judged(card, steps=steps) if card else []
    return render(
        "check.html.j2",
        card=card,
        problem=problem,
        summary=_summary(judged),
        done=figures.share(sum(row.verdict in RIGHT for row in judged), len(judged)),
        command=command,
        beyond=beyond,
        marks=MARKS,
        tone_of=tone_of,
        headline=headline,
        details_of=details,
        present=_present,
        absent=_absent,
        elsewhere=_everywhere if steps else elsewhere,
        steps=steps,
        unseen=unseen,
        unvalued=NO_VALUES if steps else NOTHING,
        points=figures.points,
    )


def values_text(
    card: Scorecard | None,
    problem: str | None,
    *,
    command: str,
    beyond: Sequence[str],
    steps: bool = False,
    unseen: str | None = None,
) -> str:
    """The same as plain text."""
    from rich.console import Console

    text = io.StringIO()
    console = Console(
        file=text,
        width=PLAIN_WIDTH,
        color_system=None,
        force_jupyter=False,  # in a notebook rich would show it, and write nothing
        highlight=False,
        markup=False,
    )
    if problem is not None:
        console.print(printable(problem))
    if card is not None:
        _print_values(console, card, steps=steps)
    console.print()
    if unseen:
        console.print(f"Steps are not seen here: {printable(unseen)}")
    console.print(f"{command} adds:")
    for each in beyond:
        console.print(f"  - {each}")
    return "\n".join(line.rstrip() for line in text.getvalue().rstrip().splitlines())


def elsewhere(exercise: ExerciseScore) -> str | None:
    """What to say of an exercise whose gradients are all judged in other ones; else None."""
    if not all(row.verdict == "unjudged" and row.shape is None for row in exercise.targets):
        return None
    names = ", ".join(f"`{row.name}`" for row in exercise.targets)
    return f"Checked above: {names}. A running notebook has one value for each name."


def _everywhere(_: ExerciseScore) -> str | None:
    """Lines tell which exercise a gradient answers: all are judged where they stand."""
    return None


def _print_values(console: Console, card: Scorecard, *, steps: bool) -> None:
    console.print(f"{_summary(_judged(card, steps=steps))} ({printable(card.title)})")
    if card.reason:
        console.print(f"{NO_VALUES if steps else NOTHING}: {printable(card.reason)}.")
    if card.reason and not steps:
        return
    for note in card.notes:
        console.print(f"Note: {printable(note)}")
    for exercise in card.exercises:
        console.print()
        console.print(heading(exercise) if steps else printable(exercise.title or exercise.id))
        said = (_everywhere if steps else elsewhere)(exercise)
        if said is not None:
            console.print(f"  {said}")
            continue
        for part in rows(exercise, MARKS, name_width(card), steps=steps):
            console.print(part)
    for each in card.integrity:
        console.print(f"For a person to look at: {printable(each.text)}")


def _judged(card: Scorecard, *, steps: bool) -> list[TargetScore]:
    """Each gradient once; with steps, in each exercise."""
    parts = (part for part in card.exercises if steps or elsewhere(part) is None)
    return [row for part in parts for row in part.targets]


def _summary(judged: Sequence[TargetScore]) -> str:
    right = sum(row.verdict in RIGHT for row in judged)
    text = f"{right} of {figures.count(len(judged), 'gradient')} right"
    carried = sum(map(follows, judged))
    return f"{text}, {carried} wrong only because of an earlier one" if carried else text


def _present(exercise: ExerciseScore) -> list[TargetScore]:
    return [row for row in exercise.targets if row.verdict != "missing"]


def _absent(exercise: ExerciseScore) -> list[TargetScore]:
    return [row for row in exercise.targets if row.verdict == "missing"]
