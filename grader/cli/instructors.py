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
    metavar="FILE",
    help="A PyTorch script or notebook: set-up, parameters, forward pass, loss.backward().",
)
@click.option(
    "--functions",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="A module with pairs of functions: affine_forward(x, w, b), affine_backward(dout, cache).",
)
@click.option(
    "--in",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder in which assignments/ and solutions/ stand [default: this one].",
)
def new(name: str, source: Path | None, functions: Path | None, root: Path) -> None:
    """Make the assignment NAME of a script or notebook that computes a loss, or of functions.

    --from FILE: it is run up to `loss.backward()`, without any walls. What the network begins with,
    its shapes and its intermediates are found out; gradients in it (dW1, dh) become the solution.

    --functions FILE: its functions are called, without any walls, as the module itself calls them,
    or with shapes that fit. Its bodies become the solution, and are left out of the starter.
    """
    from grader.cli.new import run, run_functions
    from grader.errors import UsageError

    if (source is None) == (functions is None):
        raise UsageError("name one file: --from a script that computes a loss, or --functions")
    if functions is not None:
        run_functions(name, functions, root)
    elif source is not None:
        run(name, source, root)
