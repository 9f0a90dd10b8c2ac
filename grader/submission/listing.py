"""A file or folder below a given path, wherever it is kept: the common view of folders and zips."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import msgspec

NOTEBOOK = ".ipynb"
MODULE = ".py"
ARCHIVE = ".zip"
GRADEABLE = frozenset({NOTEBOOK, MODULE})
READ = GRADEABLE | {ARCHIVE}
"""Suffixes that are ever opened; every other file is only named."""

_OF_THE_MACHINE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS}
    | {errno.EMFILE, errno.ENFILE, errno.ENOMEM}
)
_IGNORED = frozenset({"__macosx", "__pycache__"})


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. A folder is listed too, with an empty last part."""

    parts: tuple[str, ...]
    """Path below the given one; `("",)` is the given one itself."""
    origin: str
    """Path as the user knows it."""
    path: Path | None = None
    """Where to read it; None for folders and for files that are never opened."""
    note: str | None = None
    """What a person should know of a file that is read."""
    problem: str | None = None
    """Why the entry cannot be used, and what to do."""
    lost: bool = False
    """That is the machine's fault, not the file's."""
    entry: str = ""
    """Which entry of a zip is meant, where its name cannot be trusted to be a path."""

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def complaint(self) -> str:
        """The problem, for the student: the entry is named as it was handed in."""
        name = "/".join(self.parts[1:]).rstrip("/") or self.parts[0]
        return f"{readable(f'{name}!{self.entry}' if self.entry else name)} {self.problem}"

    @property
    def suffix(self) -> str:
        return suffix_of(self.name)


def suffix_of(name: str) -> str:
    """The lower-case suffix, dot included."""
    return PurePosixPath(name).suffix.lower()


def is_ignored(name: str) -> bool:
    """Whether a file or folder is hidden or made by a tool."""
    return name.startswith(".") or name.casefold() in _IGNORED


def of_the_machine(error: BaseException) -> bool:
    """Whether an error is none of the file's: no permission, no space, a disk that fails."""
    return isinstance(error, OSError) and error.errno in _OF_THE_MACHINE


def readable(path: str) -> str:
    """`path` fit for one line of text: no control characters, no undecodable bytes."""
    if path.isprintable():
        return path
    return "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in path
    )


def within(folder: tuple[str, ...], entry: Found) -> Found:
    """The entry as one of a folder."""
    return msgspec.structs.replace(entry, parts=(*folder, *entry.parts))


def nothing_in(entries: Iterable[Found]) -> str:
    """Says that there is nothing to grade, and what is there instead."""
    others = [entry.name for entry in entries if entry.name]
    instead = f", only {some(others)}" if others else ""
    return f"holds no notebook (.ipynb) or module (.py){instead}: hand in the .ipynb file"


def some(names: Sequence[str]) -> str:
    """The first names of a list."""
    return f"{', '.join(map(readable, names[:3]))}{', …' if len(names) > 3 else ''}"
