"""Giving work back: each student's own scorecard, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.errors import InfrastructureError
from grader.export.archive import zipped as zip_of
from grader.export.cards import StudentFolder
from grader.export.exporter import File

PAGES = ("scorecard.html", "scorecard.json")
ASSETS = "assets"
"""A folder beside the pages with whatever belongs to them."""


def handed_back(folders: Sequence[StudentFolder], *, zipped: bool) -> dict[str, File]:
    """Path below the output folder → file: a folder, or a zip, for each student.

    Links are not followed: they could lead to somebody else's files.
    """
    files: dict[str, File] = {}
    for folder in folders:
        name = folder.path.resolve().name
        own = own_files(folder.path)
        if zipped:
            files[f"{name}.zip"] = File(
                zip_of({path: File(content) for path, content in own.items()})
            )
        else:
            files |= {f"{name}/{path}": File(content) for path, content in own.items()}
    return files


def own_files(folder: Path) -> dict[str, bytes]:
    """One student's pages, and what belongs to them, by their names in the folder."""
    paths = [folder / page for page in PAGES]
    assets = folder / ASSETS
    if assets.is_dir() and not assets.is_symlink():
        paths += sorted(assets.rglob("*"))
    try:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in paths
            if path.is_file() and not path.is_symlink()
        }
    except OSError as error:
        raise InfrastructureError(f"{error.filename} cannot be read: {error.strerror}") from error
