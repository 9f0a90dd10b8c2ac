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
    folder, answers = _places(name, root)
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


def run_functions(name: str, source: Path, root: Path) -> None:
    """The same of a module's pairs of functions."""
    from grader.authoring.functions.pages import open_places
    from grader.authoring.functions.writing import functions_of
    from grader.authoring.functions.writing import written as written_functions

    folder, answers = _places(name, root)
    if source.suffix != ".py":
        raise UsageError(f"{source} is no module: functions are taken from a .py file")
    try:
        draft = functions_of(source)
    except DraftError as error:
        raise UsageError(f"{source}: no assignment can be made of it: {error}") from error
    files = written_functions(draft, name, source, folder, answers)
    unfinished = 0
    for each in draft.functions:
        asked = ", ".join(f"d{target}" for target in each.gradients if target)
        told = f" (shapes by {each.shapes_from})" if each.shapes_from else ""
        click.echo(f"{each.backward}: {asked or 'no gradient'}{told}")
        for note in each.notes:
            click.echo(f"  note: {note}")
        for place in open_places(each):
            unfinished += 1
            click.echo(f"  to fill in: {place}")
    for note in draft.notes:
        click.echo(f"note: {note}")
    for path in files:
        click.echo(f"wrote {path}")
    first = f"Fill in what is marked `# FILL IN` ({unfinished}), then" if unfinished else "Next:"
    click.echo(f"{first} grader assignment check {folder}")


def _places(name: str, root: Path) -> tuple[Path, Path]:
    """Folders of an assignment and of its solution, neither of which is there."""
    if not name.replace("-", "_").isidentifier():
        raise UsageError(f"{name!r} names no folder: use letters, digits, _ and -")
    folder, answers = root / "assignments" / name, root / "solutions" / name
    for place in (folder, answers):
        if place.exists():
            raise UsageError(f"{place} is there already: choose another name, or move it away")
    return folder, answers
