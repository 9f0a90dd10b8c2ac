"""A file or folder below a given path, wherever it is kept: the common view of folders and zips."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import msgspec

NOTEBOOK = ".ipynb"
MODULE = ".py"
ARCHIVE = ".zip"
GRADEABLE = frozenset({NOTEBOOK, MODULE})
READ = GRADEABLE | {ARCHIVE}
"""Suffixes that are ever opened; every other file is only named."""

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

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def suffix(self) -> str:
        return suffix_of(self.name)


def suffix_of(name: str) -> str:
    """The lower-case suffix, dot included."""
    return PurePosixPath(name).suffix.lower()


def is_ignored(name: str) -> bool:
    """Whether a file or folder is hidden or made by a tool."""
    return name.startswith(".") or name.casefold() in _IGNORED


def readable(path: str) -> str:
    """`path` fit for one line of text: no control characters, no undecodable bytes."""
    if path.isprintable():
        return path
    return "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in path
    )
