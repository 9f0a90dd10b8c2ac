"""The commands for those who write assignments: `assignment check`."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.group()
def assignment() -> None:
    """An assignment of your own: `check` it."""


@assignment.command()
@click.argument("name", metavar="NAME|DIR")
@click.option(
    "--solution",
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH",
    help="The solution to mark, if it stands elsewhere than in solutions/NAME: a notebook, a "
    "module or a folder of them.",
)
@click.option("--quick", is_flag=True, help="Mark neither solution nor starter.")
def check(name: str, solution: Path | None, quick: bool) -> None:
    """Try an assignment before your class does.

    Its forward script is run on drawn inputs, its solution has to get all points and its starter
    none. Each fault is said with its line and what mends it.

    Exit status: 0 all right; 2 it has faults, nothing is graded by it.
    """
    from grader.cli.assignment import check as run

    sys.exit(run(name, solution=solution, run=not quick))


@click.command()
@click.argument("name")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    required=True,
    metavar="FILE",
    help="A PyTorch script or notebook: set-up, parameters, forward pass, loss.backward().",
)
@click.option(
    "--in",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder in which assignments/ and solutions/ stand [default: this one].",
)
def new(name: str, source: Path, root: Path) -> None:
    """Make the assignment NAME of a script or notebook that computes a loss.

    FILE is run up to `loss.backward()`, without any walls. What the network begins with, its
    shapes and its intermediates are found out; gradients in it (dW1, dh) become the solution.
    """
    from grader.cli.new import run

    run(name, source, root)
