"""`grader handback`: each student's own scorecard."""

from __future__ import annotations

from pathlib import Path

import click

from grader.export import check_empty, handed_back, read_folders, write_files
from grader.export.handback_zip import PLATFORMS, feedback


def run(
    reports: Path, *, out: Path, zipped: bool, platform: str | None, skip_unknown: bool
) -> None:
    """A folder or zip for each student, or one zip for a learning platform, below `out`."""
    folders = read_folders(reports)
    check_empty(out)
    if platform is not None:
        chosen, name = PLATFORMS[platform], f"{platform}-feedback.zip"
        made = feedback(folders, chosen, skip_unknown=skip_unknown)
        write_files(out, {name: made})
        click.echo(f"wrote {out / name}: upload it in {chosen.title} ({chosen.upload})")
        return
    write_files(out, handed_back(folders, zipped=zipped))
    what = "zip" if zipped else "folder"
    click.echo(f"wrote a {what} for each of {len(folders)} submissions to {out}")
