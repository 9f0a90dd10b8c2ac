"""`grader export`: a bundle that grades an assignment on another service."""

from __future__ import annotations

import re
from pathlib import Path

import click

from grader.assignment import find_assignment, load_assignment
from grader.errors import UsageError
from grader.export import BundleOptions, bundle_named, check_empty, write_files
from grader.printable import printable

_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,255}")
"""As Classroom 50 takes them: nothing that could be more than a name in a workflow."""


def run(
    name: str,
    *,
    assignment: str,
    out: Path,
    course: str | None,
    image: str | None,
    wheels: Path | None,
) -> None:
    """Nothing is written unless all of it could be made."""
    bundle = bundle_named(name)
    if image is not None and not _IMAGE.fullmatch(image):
        raise UsageError(f"--image {printable(image)}: an image is written registry/name:tag")
    chosen = load_assignment(find_assignment(assignment))
    check_empty(out)
    files = bundle.build(chosen, BundleOptions(course=course, image=image, wheels=wheels))
    write_files(out, files)
    size = sum(len(file.content) for file in files.values()) / 2**20
    click.echo(f"wrote {len(files)} files ({size:.1f} MB) to {out}: begin with {out / 'README.md'}")
