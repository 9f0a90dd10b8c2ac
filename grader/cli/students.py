"""The commands for students: `start`, `check` and `watch`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

_assignment = click.option(
    "--assignment",
    metavar="NAME|DIR",
    help="Assignment to check by; else the one whose gradients the notebook defines.",
)
_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with data files to use instead of the assignment's own.",
)


@click.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="NOTEBOOK…"
)
@_assignment
@_data
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the scorecard to this file. Nothing else is ever written.",
)
def check(
    paths: tuple[Path, ...], assignment: str | None, data: Path | None, html: Path | None
) -> None:
    """Check your own notebook as it will be graded.

    It is run from the top in a sandbox, and every step is judged.

    Exit status: 0 everything is right; 1 something is not right, missing or ungraded; 2 wrong
    use or a faulty assignment.
    """
    from grader.cli.check import run

    sys.exit(run(paths, assignment=assignment, data=data, html=html))


@click.command()
@click.argument("path", type=click.Path(path_type=Path), metavar="NOTEBOOK")
@_assignment
@_data
def watch(path: Path, assignment: str | None, data: Path | None) -> None:
    """Check your notebook now and again at every save, until Ctrl-C."""
    from grader.cli.watch import run

    sys.exit(run(path, assignment=assignment, data=data))


@click.command()
@click.argument("name")
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder to begin in [default: this one].",
)
def start(name: str, folder: Path) -> None:
    """Begin an assignment: lay its starter, and the data that it opens, into this folder.

    Nothing that is there is written over.
    """
    from grader.student.starting import start as begin

    for path in begin(name, folder):
        click.echo(f"wrote {path}")
