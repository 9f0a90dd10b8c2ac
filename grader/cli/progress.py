"""Progress on standard error: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from grader.printable import printable
from grader.records.scorecard import Scorecard

Advance = Callable[[Scorecard], None]


def warn(text: str) -> None:
    """One line about something that was left out."""
    click.echo(f"grader: {printable(text)}", err=True)


@contextmanager
def progress(total: int) -> Iterator[Advance]:
    """Yields a function to call with every graded submission."""
    if sys.stderr.isatty():
        with _bar(total) as advance:
            yield advance
    else:
        yield _lines(total)


def _lines(total: int) -> Advance:
    done = 0

    def advance(card: Scorecard) -> None:
        nonlocal done
        done += 1
        click.echo(f"[{done}/{total}] {summary(card)}", err=True)

    return advance


@contextmanager
def _bar(total: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("grading"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda card: bar.update(task, advance=1, description=printable(card.id))


def summary(card: Scorecard) -> str:
    """One line about one submission."""
    if card.status == "ungraded":
        return printable(f"{card.id}: ungraded: {card.reason}")
    reason = f" ({card.reason})" if card.reason else ""
    return printable(f"{card.id}: {card.score:g} / {card.max_score:g}{reason}")
