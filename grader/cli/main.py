"""`grader`: the group of commands, and the one place where errors become exit codes."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import click

from grader.cli.adjust import adjust
from grader.cli.decide import decide
from grader.cli.diff import diff
from grader.cli.forget import forget
from grader.cli.instructors import assignment, new
from grader.cli.results import COMMANDS
from grader.cli.students import check, start, watch
from grader.errors import GraderError, InfrastructureError
from grader.printable import printable
from grader.protocol import determinism


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="backprop-grader", message="grader %(version)s")
def cli() -> None:
    """Marks manual backpropagation: every gradient that a student wrote by hand,
    against PyTorch autograd.
    """


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option(
    "--assignment",
    metavar="NAME|DIR",
    help="Assignment to mark by; else the one whose gradients the submissions define.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Folder for scorecards, class page and grades.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with data files to use instead of the assignment's own.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Submissions at a time [default: cores].")
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Grade on the Dask cluster of this scheduler, as tcp://scheduler:8786.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="What is printed when all are graded.",
)
@click.option("--with-notebook", is_flag=True, help="Append the executed notebook to scorecards.")
@click.option(
    "--no-sandbox",
    is_flag=True,
    help="Grade even where this machine cannot keep student code in; see `grader doctor`.",
)
@click.option(
    "--gradebook",
    metavar="URL|DIR",
    help="Where grades are kept, as postgresql+psycopg://user@host/database "
    "[default: gradebook.db in the folder of --out].",
)
@click.option(
    "--roster",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Class list with the columns id and name, and perhaps submitted_at.",
)
@click.option("--submitted-at", metavar="TIME", help="When these submissions were handed in.")
@click.option(
    "--submitted-from",
    type=click.Choice(["git"]),
    help="Take the time of submission from the last commit of each file.",
)
@click.option("--id", metavar="ID", help="What the only student in PATH is called.")
@click.option(
    "--only", multiple=True, metavar="ID", help="Grade this student of PATH now; repeatable."
)
@click.option("--regrade", is_flag=True, help="Grade also what has not changed.")
@click.option(
    "--unjudged-fails/--unjudged-passes",
    default=True,
    show_default=True,
    help="Exit status where a person has to look at what could not be judged.",
)
def grade(paths: tuple[Path, ...], **options: Any) -> None:
    """Grade notebooks, modules, folders or zip files.

    What was graded before and has not changed is not run again. Exit status: 0 all were
    graded, whatever the marks; 1 some are ungraded or wait for a person (unjudged), or the
    results are not in the gradebook; 2 wrong use or a faulty assignment.
    """
    from grader.cli.grade import GradeOptions, run

    options["sandbox"] = not options.pop("no_sandbox")
    sys.exit(run(paths, GradeOptions(**options)))


@cli.command()
def doctor() -> None:
    """Try what this machine keeps student code from.

    Exit status: 0 if what is enforced withstood every attempt, else 1.
    """
    from grader.cli.doctor import run

    sys.exit(run())


@cli.command()
def schema() -> None:
    """Print the JSON Schema of a scorecard."""
    import msgspec

    from grader.report import scorecard_schema

    click.echo(msgspec.json.format(msgspec.json.encode(scorecard_schema()), indent=2).decode())


@cli.command()
@click.argument("solution", type=click.Path(path_type=Path, exists=True))
@click.argument("starter", type=click.Path(path_type=Path))
def starter(solution: Path, starter: Path) -> None:
    """Write STARTER: SOLUTION, a notebook, a module or a folder of them, without its answers.

    Answers stand between lines `### BEGIN SOLUTION` and `### END SOLUTION`.
    """
    from grader.cli.starter import write_starter

    write_starter(solution, starter)
    click.echo(f"wrote {starter}")


for command in (start, check, watch, assignment, new, adjust, decide, diff, forget, *COMMANDS):
    cli.add_command(command)


def main() -> None:
    """Entry point: pins the arithmetic, runs the command, turns errors into one line."""
    determinism.apply()
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name in letters that it does not have
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        cli(prog_name="grader")
    except GraderError as error:
        click.echo(f"grader: {printable(str(error))}", err=True)
        sys.exit(1 if isinstance(error, InfrastructureError) else 2)
