"""The files that a run has written so far, kept in memory to be laid into another folder."""

# ruff: noqa: PTH103, PTH115, PTH123, PTH211
# (paths are texts here, links are not followed)

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from typing import NamedTuple

MAX_BYTES = 16 << 20
MAX_FILES = 1000


class TooMuchError(ValueError):
    """Files that are too many, too large, or no plain files."""


class _File(NamedTuple):
    path: str
    mode: int
    content: bytes
    """A link's text, or a file's bytes."""
    modified: int
    """In nanoseconds."""


class Files:
    """Plain files, folders and symbolic links below some folders, at their places."""

    def __init__(self, folders: Iterable[str]) -> None:
        """Read them. Raises TooMuchError, and OSError for what cannot be read."""
        self._files: list[_File] = []
        self._left = MAX_BYTES
        for folder in folders:
            self._take_below(folder)

    def lay(self) -> None:
        """Make them again, in folders of the same names that are empty but for these."""
        for file in self._files:
            if stat.S_ISDIR(file.mode):
                os.makedirs(file.path, exist_ok=True)
            elif stat.S_ISLNK(file.mode):
                os.symlink(file.content, os.fsencode(file.path))
            else:
                with open(file.path, "wb") as out:
                    out.write(file.content)
                os.utime(file.path, ns=(file.modified, file.modified))
            if not stat.S_ISLNK(file.mode):
                os.chmod(file.path, stat.S_IMODE(file.mode))  # noqa: PTH101

    def _take_below(self, folder: str) -> None:
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            self._take(entry.path)
            if entry.is_dir(follow_symlinks=False):
                self._take_below(entry.path)

    def _take(self, path: str) -> None:
        status = os.lstat(path)
        content = b""
        if stat.S_ISLNK(status.st_mode):
            content = os.readlink(os.fsencode(path))
        elif stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
            self._left -= status.st_size
            if self._left < 0:
                raise TooMuchError(f"more than {MAX_BYTES >> 20} MB of files")
            with open(path, "rb") as file:
                content = file.read()
        elif not stat.S_ISDIR(status.st_mode):
            raise TooMuchError(f"{path} is no plain file")
        self._files.append(_File(path, status.st_mode, content, status.st_mtime_ns))
        if len(self._files) > MAX_FILES:
            raise TooMuchError(f"more than {MAX_FILES} files")
