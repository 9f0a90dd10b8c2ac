"""Temporary folders that go away, even those of a run that was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "grader-"
_LOCK, _HELD = ".lock", ".held"
_GONE = ".gone"
"""Ending of a folder that is being removed: whoever is killed at it leaves it to the next."""
_LONG = 3600.0
"""Seconds in which whoever makes a folder has come to hold it, or has been killed before."""


@contextmanager
def workspace(*, mode: int = 0o700) -> Iterator[Path]:
    """A new temporary folder with these permissions, removed at the end of the block.

    A killed run cannot remove its own; the next one does: what it finds is known by its
    lock, which the system releases with the process that held it. A folder is only looked
    at once it says that it is held: before that, its lock is free though its owner lives.
    The package filelock would not do: whom it tells whether a lock is free, for them it makes
    the folder anew that its owner has just taken away.
    """
    _sweep()
    folder, owner = Path(tempfile.mkdtemp(prefix=PREFIX)), os.getpid()
    try:
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / _HELD).touch()
            folder.chmod(mode)
            yield folder
    finally:
        if os.getpid() == owner:  # and not a fork of the process that made it
            _remove(folder)


def _sweep() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if folder.name.endswith(_GONE) and _ours(folder):
            shutil.rmtree(folder, ignore_errors=True)
        elif _abandoned(folder):
            _remove(folder)


def _remove(folder: Path) -> None:
    """Take a folder away as a whole: half of one, without its lock, would look like nobody's."""
    gone = folder.with_name(folder.name + _GONE)
    try:
        folder.rename(gone)
    except OSError:  # somebody else has done it
        return
    shutil.rmtree(gone, ignore_errors=True)


def _ours(folder: Path) -> bool:
    """Whether a folder is one, and this user's."""
    try:
        mine = not hasattr(os, "geteuid") or folder.lstat().st_uid == os.geteuid()
    except OSError:
        return False
    return mine and not folder.is_symlink()


def _abandoned(folder: Path) -> bool:
    """Whether this is a workspace of ours that nobody holds any more."""
    lock = folder / _LOCK
    try:
        if not _ours(folder) or not lock.is_file() or _is_being_made(folder):
            return False
        with lock.open("r+") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except OSError:  # somebody holds it, or has just taken it away
        return False


def _is_being_made(folder: Path) -> bool:
    return not (folder / _HELD).exists() and time.time() - folder.lstat().st_mtime < _LONG
