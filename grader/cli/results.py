"""The commands that hand results on and take courses over: `grades`, `export`, `handback`,
`import`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_REPORTS = click.Path(path_type=Path)
_FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("reports", type=_REPORTS)
@click.option(
    "--format",
    "name",
    default="csv",
    show_default=True,
    metavar="NAME",
    help="canvas, classroom50, csv, github-legacy, gradescope, json, junit, markdown, nbgrader, or "
    "one that another package adds.",
)
@click.option("--roster", type=_REPORTS, help="Class list: the gradebook that Canvas exports.")
@click.option(
    "--column",
    metavar="HEADER",
    help='Canvas: the column of grades, "Title (1234)"; nbgrader: the assignment.',
)
@click.option("--skip-unknown", is_flag=True, help="Leave out submissions that are on no roster.")
@click.option(
    "--assignment",
    metavar="NAME|DIR",
    help="gradescope: whose [gradescope] table says what is shown; else the one of the scorecards.",
)
@click.option("--out", type=_REPORTS, help="File to write; else standard output.")
def grades(
    reports: Path,
    name: str,
    roster: Path | None,
    column: str | None,
    skip_unknown: bool,
    assignment: str | None,
    out: Path | None,
) -> None:
    """Print the grades in REPORTS, a folder that `grader grade` wrote, in another form."""
    from grader.cli.grades import run

    run(
        reports,
        name=name,
        roster=roster,
        column=column,
        skip_unknown=skip_unknown,
        assignment=assignment,
        out=out,
    )


@click.command()
@click.argument("name", metavar="BUNDLE")
@click.option("--assignment", required=True, metavar="NAME|DIR", help="Assignment to grade there.")
@click.option("--out", type=_FOLDER, required=True, help="New or empty folder to write to.")
@click.option("--course", metavar="ORG/NAME", help="github: your repository with the workflow.")
@click.option(
    "--image",
    metavar="NAME",
    help="classroom50, github: grade in this container's image, with nothing to install.",
)
@click.option(
    "--wheels",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="gradescope: packages to put into the zip, as `pip download` leaves them.",
)
def export(name: str, assignment: str, out: Path, **options: Any) -> None:
    """Write what another service needs to grade an assignment: a BUNDLE for classroom50,
    github or gradescope, or one that another package adds.
    """
    from grader.cli.export import run

    run(name, assignment=assignment, out=out, **options)


@click.command()
@click.argument("reports", type=_REPORTS)
@click.option("--out", type=_FOLDER, required=True, help="New or empty folder to write to.")
@click.option("--zip", "zipped", is_flag=True, help="A zip for each student, not a folder.")
@click.option(
    "--for",
    "platform",
    type=click.Choice(["moodle", "canvas", "brightspace"]),
    help="One zip under the names of this platform's download, for its upload of feedback.",
)
@click.option("--skip-unknown", is_flag=True, help="With --for: leave out what has other names.")
def handback(
    reports: Path, out: Path, zipped: bool, platform: str | None, skip_unknown: bool
) -> None:
    """Collect for each student in REPORTS their own scorecard, and nothing of the class."""
    from grader.cli.handback import run

    run(reports, out=out, zipped=zipped, platform=platform, skip_unknown=skip_unknown)


@click.command(name="import")
@click.argument("kind", type=click.Choice(["nbgrader", "otter"]))
@click.argument("course", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--out", type=_FOLDER, required=True, help="New or empty folder to write to.")
@click.option(
    "--name", metavar="NAME", help="Which assignment of the course, as it is called there."
)
def import_(kind: str, course: Path, out: Path, name: str | None) -> None:
    """Take an assignment over from COURSE, a course folder of nbgrader or a folder of otter's:
    class list, submissions, released versions. Nothing of the course is changed.
    """
    from grader.cli.imports import run

    run(kind, course, out=out, name=name)


COMMANDS: tuple[click.Command, ...] = (grades, export, handback, import_)
