"""What discovery hands on: one record per student, and what could not become one."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Beside(msgspec.Struct, frozen=True):
    """A file that was handed in, where it stands in the student's own folder."""

    name: str
    """With `/`, relative to that folder."""
    path: Path


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one student handed in."""

    id: str
    """Readable and unique regardless of case; safe as the name of one folder."""
    candidates: tuple[Path, ...]
    """Files to choose from, most likely first: notebooks before modules, shallow before deep."""
    origin: str
    """Path of the first candidate as the user knows it: `class.zip!alice/x.ipynb`."""
    origins: tuple[str, ...] = ()
    """The same for every candidate, in the order of `candidates`."""
    places: tuple[str, ...] = ()
    """The same as paths in the student's own folder, by the student's own names."""
    beside: tuple[Beside, ...] = ()
    """All other files of that folder: what a notebook imports, runs or reads."""
    aliases: tuple[str, ...] = ()
    """What else a class list may call the student: a login, a number, a name."""
    submitted_at: str | None = None
    """When the latest attempt was handed in, ISO 8601, as far as the platform tells."""
    notes: tuple[str, ...] = ()
    """What a person should know: handed in late, a link to another student's file."""
    problem: str | None = None
    """Why nothing of it can be graded, and what to do; the candidates are not notebooks then."""
    lost: bool = False
    """The problem is the machine's, not the student's."""


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """All submissions below the given paths, in the natural order of their ids."""

    submissions: tuple[Submission, ...]
    problems: tuple[str, ...]
    """One line each, naming the file and what to do."""
