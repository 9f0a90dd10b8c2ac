"""What the command prints when all are graded: a table for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

import click
import msgspec

from grader.gradebook import Published
from grader.printable import printable, printable_json
from grader.records.comparison import RIGHT
from grader.records.grade import Grade
from grader.records.scorecard import Scorecard
from grader.report import Reports
from grader.report.causes import causes

if TYPE_CHECKING:
    from rich.table import Table

PLAIN_WIDTH = 110
"""Columns where there is no terminal to ask."""


MAX_REMARKS = 400
MAX_HEADINGS = 60
"""Letters of all exercises' names beyond which they would leave no room for the students'."""
MAX_ROWS = 100
"""Of a larger class only the ungraded are listed: the class page has the others."""


class Printout(msgspec.Struct, frozen=True, kw_only=True):
    """What one run has to say."""

    ids: Sequence[str]
    """Of all submissions of the run."""
    graded: int
    """Graded in this run."""
    ungraded: int
    remarked: int = 0
    """Result anew from what is stored: only points had changed."""
    moved: AbstractSet[str] = frozenset()
    """Not graded in this run, and yet with another final mark."""
    unjudged: int = 0
    """Of the graded: those at which a person has to look."""
    published: Published

    def json(self, reports: Reports) -> None:
        """The scorecards as one JSON array on standard output, one in memory at a time."""
        between = "["
        for entry in reports.entries(self.ids):
            click.echo(between, nl=False)
            click.echo(printable_json(msgspec.json.encode(entry.card)), nl=False)
            between = ",\n"
        click.echo("[]" if between == "[" else "]")

    def table(self, reports: Reports) -> None:
        """One row a submission, then the path of the class page."""
        from rich.console import Console

        console = Console(highlight=False)
        if not console.is_terminal:
            console.width = PLAIN_WIDTH
        shown = self.ids if len(self.ids) <= MAX_ROWS else self._pending()
        cards = [entry.card for entry in reports.entries(shown) if entry.card]
        if cards:
            grades = {grade.id: grade for grade in self.published.grades}
            console.print(_table(cards, grades))
        console.print(f"{self._closing()}\n{self.published.index}", markup=False, soft_wrap=True)

    def _pending(self) -> list[str]:
        wanted = set(self.ids)
        grades = self.published.grades
        return [g.id for g in grades if g.status == "ungraded" and g.id in wanted][:MAX_ROWS]

    def _closing(self) -> str:
        same = len(self.ids) - self.graded - self.ungraded - self.remarked
        unchanged = same - len(self.moved & set(self.ids))
        parts = [f"{self.graded} graded"] if self.graded or not (same or self.remarked) else []
        if self.remarked:
            parts.append(f"{self.remarked} marked anew without a run, for other points")
        if self.moved:
            parts.append(f"{len(self.moved)} with another final mark: see `grader diff`")
        if unchanged:
            parts.append(f"{unchanged} unchanged")
        if self.ungraded:
            parts.append(
                f"{self.ungraded} ungraded: run the command again once the cause is mended"
            )
        if self.unjudged:
            parts.append(f"{self.unjudged} unjudged in part: a person has to look")
        return ", ".join(parts)


def _table(cards: Sequence[Scorecard], grades: Mapping[str, Grade]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    exercises = _exercises(cards)
    if sum(map(len, exercises)) > MAX_HEADINGS:
        exercises = []
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("submission", overflow="fold", min_width=10)
    for exercise in exercises:
        heading = exercise.replace("exercise-", "ex. ")
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    with_final = any(grades[card.id].changed for card in cards if card.id in grades)
    if with_final:
        table.add_column("final", justify="right", no_wrap=True)
    table.add_column("remarks", overflow="fold", ratio=1)
    for card in cards:
        final = [_final(grades.get(card.id))] if with_final else []
        marks = [*_marks(card, exercises), *final]
        table.add_row(Text(printable(card.id)), *marks, Text(_remarks(card)))
    return table


def _final(grade: Grade | None) -> str:
    return "–" if grade is None or grade.final is None else f"{grade.final:g}"


def _exercises(cards: Sequence[Scorecard]) -> list[str]:
    return list(dict.fromkeys(e.id for card in cards for e in card.exercises))


def _marks(card: Scorecard, exercises: Sequence[str]) -> list[str]:
    if card.status == "ungraded":
        return ["–"] * len(exercises) + ["[bold yellow]ungraded[/]"]
    scores = {e.id: f"{e.score:g}" for e in card.exercises}
    share = card.score / card.max_score if card.max_score else 0
    colour = "green" if share >= 0.999 else "yellow" if share >= 0.5 else "red"
    total = f"[{colour}]{card.score:g}[/] / {card.max_score:g}"
    return [scores.get(e, "–") for e in exercises] + [total]


def _remarks(card: Scorecard) -> str:
    rows = [row for exercise in card.exercises for row in exercise.targets]
    unjudged = [row.name for row in rows if row.verdict == "unjudged"]
    # What is wrong by another's mistake alone has its points, and is none to look at.
    wrong = [
        row.name
        for row in rows
        if row.verdict not in RIGHT | {"missing", "unjudged"} and row.score < row.max_score
    ]
    missing = sum(row.verdict == "missing" for row in rows)
    remarks = [card.reason] if card.reason else []
    remarks += causes(card)
    named = (("unjudged", unjudged), ("wrong", wrong))
    remarks += [f"{word}: {_some(names)}" for word, names in named if names]
    if missing:
        noun = "gradient" if missing == 1 else "gradients"
        remarks.append(f"{missing} {noun} missing")
    if card.integrity:
        remarks.append(f"{len(card.integrity)} to look at")
    return printable("; ".join(remarks), limit=MAX_REMARKS)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
