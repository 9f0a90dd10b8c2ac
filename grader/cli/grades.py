"""`grader grades`: the scorecards of a folder in the form that another system reads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from grader.assignment import Gradescope, find_assignment, load_assignment
from grader.errors import InfrastructureError, UsageError
from grader.export import ExportOptions, format_named, read_cards, read_grades, read_roster
from grader.records.scorecard import Scorecard
from grader.report.visible_text import storable


def run(
    reports: Path,
    *,
    name: str,
    roster: Path | None,
    column: str | None,
    skip_unknown: bool,
    assignment: str | None,
    out: Path | None,
) -> None:
    """Everything is read and written in memory first: a mistake leaves no half a file."""
    chosen = format_named(name)
    cards = [storable(card) for card in read_cards(reports)]
    titles = {card.title for card in cards}
    options = ExportOptions(
        title=titles.pop() if len(titles) == 1 else "",
        grades=read_grades(reports),
        roster=read_roster(roster) if roster else None,
        column=column,
        skip_unknown=skip_unknown,
        gradescope=_shown(cards, assignment) if chosen.reads_assignment else Gradescope(),
        environment=dict(os.environ),
    )
    if out is not None and chosen.into is not None and out.suffix == chosen.into[0]:
        written = chosen.into[1](cards, options, out)
        click.echo(f"wrote the points of {written} students into {out}")
        return
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


def _shown(cards: Sequence[Scorecard], named: str | None) -> Gradescope:
    """What the assignment lets students see. Not its defaults where it cannot be found: they
    would show what somebody wanted hidden.
    """
    names = sorted({card.assignment for card in cards})
    if named is None and len(names) > 1:
        raise UsageError(f"these are results of {', '.join(names)}: name one with --assignment")
    try:
        return load_assignment(find_assignment(named or names[0])).spec.gradescope
    except UsageError as error:
        raise UsageError(f"{error}: name its folder with --assignment") from error
