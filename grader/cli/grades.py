"""`grader grades`: the scorecards of a folder in the form that another system reads."""

from __future__ import annotations

import os
from pathlib import Path

import click

from grader.errors import InfrastructureError, UsageError
from grader.export import Options, format_named, read_cards, read_grades, read_roster
from grader.report.visible import storable


def run(
    reports: Path,
    *,
    name: str,
    roster: Path | None,
    column: str | None,
    skip_unknown: bool,
    out: Path | None,
) -> None:
    """Everything is read and written in memory first: a mistake leaves no half a file."""
    chosen = format_named(name)
    cards = [storable(card) for card in read_cards(reports)]
    titles = {card.title for card in cards}
    options = Options(
        title=titles.pop() if len(titles) == 1 else "",
        grades=read_grades(reports),
        roster=read_roster(roster) if roster else None,
        column=column,
        skip_unknown=skip_unknown,
        environment=dict(os.environ),
    )
    text = chosen.write(cards, options)
    content = text.encode("utf-8", "backslashreplace")
    if out is None:
        click.echo(content, nl=False)
        return
    try:
        if out.is_dir():
            raise UsageError(f"{out} is a folder: name a file with --out")
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(content)
    except OSError as error:
        raise InfrastructureError(f"{out} cannot be written: {error.strerror}") from error
    click.echo(f"wrote {out} ({len(cards)} submissions)")
