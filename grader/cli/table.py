"""What the command prints when all are graded: a table for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from grader.messages import printable
from grader.model import RIGHT, Scorecard

PLAIN_WIDTH = 110
"""Columns where there is no terminal to ask."""


def print_json(cards: Sequence[Scorecard], _index: Path) -> None:
    """The scorecards as one JSON array on standard output."""
    click.echo(msgspec.json.encode(list(cards)))


def print_table(cards: Sequence[Scorecard], index: Path) -> None:
    """One row a submission, then the path of the class page."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("submission", overflow="fold", min_width=10)
    for exercise in _exercises(cards):
        heading = exercise.replace("exercise-", "ex. ")
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("remarks", overflow="fold", ratio=1)
    for card in cards:
        table.add_row(
            Text(printable(card.id)), *_marks(card, _exercises(cards)), Text(_remarks(card))
        )
    console.print(table)
    console.print(f"{_closing(cards)}\n{index}", markup=False, soft_wrap=True)


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
    remarks = [card.reason] if card.reason else []
    wrong = [
        row.name
        for exercise in card.exercises
        for row in exercise.targets
        if row.verdict not in RIGHT and row.verdict != "missing"
    ]
    missing = sum(row.verdict == "missing" for e in card.exercises for row in e.targets)
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        remarks.append(f"wrong: {', '.join(wrong[:3])}{more}")
    if missing:
        remarks.append(f"{missing} missing")
    if card.integrity:
        remarks.append(f"{len(card.integrity)} to look at")
    return printable("; ".join(remarks))


def _closing(cards: Sequence[Scorecard]) -> str:
    ungraded = sum(card.status == "ungraded" for card in cards)
    text = f"{len(cards) - ungraded} graded"
    if ungraded:
        text += f", {ungraded} ungraded: run the command again once the cause is mended"
    return text
