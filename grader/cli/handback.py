"""`grader handback`: each student's own scorecard."""

from __future__ import annotations

from pathlib import Path

import click

from grader.export import check_empty, handed_back, read_folders, write_files


def run(reports: Path, *, out: Path, zipped: bool) -> None:
    """A folder or zip for each student, below `out`."""
    folders = read_folders(reports)
    check_empty(out)
    write_files(out, handed_back(folders, zipped=zipped))
    what = "zip" if zipped else "folder"
    click.echo(f"wrote a {what} for each of {len(folders)} submissions to {out}")
