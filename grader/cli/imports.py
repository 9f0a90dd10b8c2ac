"""`grader import`: a course of another grader, taken over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from grader.export import File, check_empty, write_files
from grader.importing import Course, read_nbgrader, read_otter

READERS: dict[str, Callable[[Path, str | None], Course]] = {
    "nbgrader": read_nbgrader,
    "otter": read_otter,
}


def run(kind: str, course: Path, *, out: Path, name: str | None) -> None:
    """Copies below `out`: submitted/, released/ and class.csv. The course is only read."""
    taken = READERS[kind](course, name)
    check_empty(out)
    files = {"class.csv": File(taken.class_list.encode())}
    copied = {f"submitted/{place}": path for place, path in taken.submissions.items()}
    copied |= {f"released/{place}": path for place, path in taken.released.items()}
    files |= {place: File(path.read_bytes()) for place, path in copied.items()}
    write_files(out, files)
    click.echo(
        f"{taken.assignment}: {len(taken.students)} students, {len(taken.submissions)} files "
        f"handed in, {len(taken.released)} released; now\n"
        f"  grader grade {out / 'submitted'} --roster {out / 'class.csv'} --assignment NAME"
    )
