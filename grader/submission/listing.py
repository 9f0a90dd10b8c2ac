"""A file or folder below a given path, wherever it is kept: the common view of folders and zips."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import msgspec

NOTEBOOK = ".ipynb"
MODULE = ".py"
ARCHIVE = ".zip"
TAR = ".tar"
GRADEABLE = frozenset({NOTEBOOK, MODULE})
ARCHIVES = frozenset({ARCHIVE, TAR})
READ = GRADEABLE | ARCHIVES
"""What submissions are made of; every other file only stands beside them."""
_TARS = (".tar", ".tar.gz", ".tgz")
_MISNAMED = (".ipynb.txt", ".ipynb.json", ".txt", ".json", "")
"""Browsers append a suffix to a notebook, or it is lost."""
_HEAD = 1 << 16
MAX_BESIDE = 4 << 20
"""Bytes of a file that stands beside a notebook; larger ones are not taken along."""

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
    """Where to read it; None for folders and for files that only stand beside."""
    beside: Path | None = None
    """Where a file that is no submission can be read."""
    note: str | None = None
    """What a person should know of a file that is read."""
    problem: str | None = None
    """Why the entry cannot be used, and what to do."""
    lost: bool = False
    """That is the machine's fault, not the file's."""
    misnamed: bool = False
    """By its content it is a notebook, by its name it is none."""
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
        return NOTEBOOK if self.misnamed else suffix_of(self.name)


def suffix_of(name: str) -> str:
    """The lower-case suffix, dot included; one for all kinds of tar."""
    if name.lower().endswith(_TARS):
        return TAR
    return PurePosixPath(name).suffix.lower()


def stem_of(name: str) -> str:
    """The name without what says that it is a notebook, a module or an archive."""
    low = name.lower()
    for ending in (*_MISNAMED[:2], *sorted(_TARS, key=len, reverse=True), *READ):
        if low.endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    return name


def by_content(entry: Found) -> Found:
    """The entry as a notebook if it is one under another name: `hw.ipynb.txt`, `hw`."""
    if entry.beside is None or not _may_be_notebook(entry.name):
        return entry
    try:
        with entry.beside.open("rb") as file:
            head = file.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError:
        return entry
    if not head.startswith(b"{") or not (b'"cells"' in head or b'"nbformat"' in head):
        return entry
    note = f"{readable(entry.name)} holds a notebook, though its name does not say so"
    return msgspec.structs.replace(
        entry, path=entry.beside, beside=None, misnamed=True, note=entry.note or note
    )


def _may_be_notebook(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in _MISNAMED


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
