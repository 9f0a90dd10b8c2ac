"""`grader export`: a bundle that grades an assignment on another service."""

from __future__ import annotations

from pathlib import Path

import click

from grader.assignment import find_assignment, load_assignment
from grader.export import BundleOptions, bundle_named, check_empty, write_files


def run(name: str, *, assignment: str, out: Path, course: str | None) -> None:
    """Nothing is written unless all of it could be made."""
    bundle = bundle_named(name)
    chosen = load_assignment(find_assignment(assignment))
    check_empty(out)
    files = bundle.build(chosen, BundleOptions(course=course))
    write_files(out, files)
    size = sum(len(file.content) for file in files.values()) / 2**20
    click.echo(f"wrote {len(files)} files ({size:.1f} MB) to {out}: begin with {out / 'README.md'}")
