"""Folders of earlier runs: recognised by what they hold, removed file by file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

OWN_FILES = ("scorecard.json", "scorecard.html")


class _Head(msgspec.Struct):
    schema: str


def remove_stale(out: Path, keep: Iterable[Path]) -> None:
    """Remove the grader's own folders directly in `out`, but those in `keep`.

    A folder that holds anything else, that is a link, or whose record is not ours is left
    as it is: only files which this package wrote are ever deleted, never a tree.
    """
    kept = {_identity(folder) for folder in keep if folder.exists()}
    for folder in sorted(out.iterdir()):
        if not folder.is_dir() or folder.is_symlink() or _identity(folder) in kept:
            continue
        files = list(folder.iterdir())
        if all(_is_own(file) for file in files) and _is_record(folder / "scorecard.json"):
            _remove(folder, files)


def _identity(folder: Path) -> tuple[int, int]:
    # Names do not do: on some disks Amy and amy, or two spellings of é, are one folder.
    status = folder.stat()
    return status.st_dev, status.st_ino


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
    # The record goes last: if this is interrupted, the next run still knows the folder.
    for file in sorted(files, key=lambda file: file.name == "scorecard.json"):
        with contextlib.suppress(OSError):
            file.unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()
