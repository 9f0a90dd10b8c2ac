"""Removing one submission's reports: recognised by what the folder holds, file by file."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

OWN_FILES = ("scorecard.json", "scorecard.html")


class _Head(msgspec.Struct):
    schema: str


def remove_reports(folder: Path) -> bool:
    """Remove a folder that holds this grader's reports and nothing else.

    A folder that holds anything else, that is a link, or whose record is not ours is left
    as it is: only files which this package wrote are ever deleted, never a tree. Returns
    whether the folder is gone.
    """
    if not folder.is_dir() or folder.is_symlink():
        return not folder.exists()
    files = list(folder.iterdir())
    if all(_is_own(file) for file in files) and _is_record(folder / "scorecard.json"):
        _remove(folder, files)
    return not folder.exists()


def _is_own(file: Path) -> bool:
    draft = file.name.endswith(".tmp") and file.name.startswith(tuple(f".{n}." for n in OWN_FILES))
    return file.is_file() and not file.is_symlink() and (draft or file.name in OWN_FILES)


def _is_record(file: Path) -> bool:
    try:
        head = msgspec.json.decode(file.read_bytes(), type=_Head)
    except (OSError, msgspec.DecodeError):
        return False
    return head.schema.startswith("grader/scorecard/")


def _remove(folder: Path, files: list[Path]) -> None:
    # The record goes last: if this is interrupted, the folder is still known as ours.
    for file in sorted(files, key=lambda file: file.name == "scorecard.json"):
        with contextlib.suppress(OSError):
            file.unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()
