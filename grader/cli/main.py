"""`grader`: the group of commands, and the one place where errors become exit codes."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from grader import pins
from grader.cli.students import check, watch
from grader.errors import GraderError, InfrastructureError
from grader.messages import printable


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
    "--format",
    "style",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="What is printed when all are graded.",
)
@click.option("--with-notebook", is_flag=True, help="Append the executed notebook to scorecards.")
def grade(
    paths: tuple[Path, ...],
    assignment: str | None,
    out: Path,
    data: Path | None,
    jobs: int | None,
    style: str,
    with_notebook: bool,
) -> None:
    """Grade notebooks, modules, folders or zip files.

    Exit status: 0 all were graded, whatever the marks; 1 some are ungraded; 2 wrong use or
    a faulty assignment.
    """
    from grader.cli.grade import run

    sys.exit(
        run(
            paths,
            assignment=assignment,
            out=out,
            data=data,
            jobs=jobs,
            style=style,
            with_notebook=with_notebook,
        )
    )


@cli.command()
def schema() -> None:
    """Print the JSON Schema of a scorecard."""
    import msgspec

    from grader.report import scorecard_schema

    click.echo(msgspec.json.format(msgspec.json.encode(scorecard_schema()), indent=2).decode())


@cli.command()
@click.argument("solution", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.argument("starter", type=click.Path(path_type=Path, dir_okay=False))
def starter(solution: Path, starter: Path) -> None:
    """Write STARTER: the notebook SOLUTION with its answers taken out.

    Answers stand between lines `### BEGIN SOLUTION` and `### END SOLUTION`.
    """
    from grader.cli.starter import write_starter

    write_starter(solution, starter)
    click.echo(f"wrote {starter}")


cli.add_command(check)
cli.add_command(watch)


def main() -> None:
    """Entry point: pins the arithmetic, runs the command, turns errors into one line."""
    pins.apply()
    try:
        cli(prog_name="grader")
    except GraderError as error:
        click.echo(f"grader: {printable(str(error))}", err=True)
        sys.exit(1 if isinstance(error, InfrastructureError) else 2)
