"""`grader new`: an assignment of a script or notebook that is there."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from grader.authoring import DraftError
from grader.authoring.apart import draft_of
from grader.authoring.writing import written
from grader.errors import UsageError


def run(name: str, source: Path, root: Path) -> None:
    """Write `assignments/NAME` and `solutions/NAME` below `root`."""
    if not name.replace("-", "_").isidentifier():
        raise UsageError(f"{name!r} names no folder: use letters, digits, _ and -")
    folder, answers = root / "assignments" / name, root / "solutions" / name
    for place in (folder, answers):
        if place.exists():
            raise UsageError(f"{place} is there already: choose another name, or move it away")
    try:
        draft = draft_of(source)
        made = written(draft, name, folder, answers)
    except DraftError as error:
        for place in (folder, answers):
            shutil.rmtree(place, ignore_errors=True)
        raise UsageError(f"{source}: no assignment can be made of it: {error}") from error
    for kind in ("parameter", "index", "data", "constant"):
        found = [n for n, leaf in draft.inputs.items() if leaf.kind == kind]
        if found:
            click.echo(f"{kind:10s} {', '.join(found)}")
    click.echo(f"{'asked for':10s} {', '.join(f'd{name}' for name in made.targets)}")
    for text in (*draft.notes, *made.left_out):
        click.echo(f"  note: {text}")
    for path in made.files:
        click.echo(f"wrote {path}")
    if not draft.answers:
        click.echo(
            "No answers were found: write them into the solution, or grade without one. "
            f"Next: grader assignment check {folder}"
        )
    else:
        click.echo(f"Its answers are the solution. Next: grader assignment check {folder}")
