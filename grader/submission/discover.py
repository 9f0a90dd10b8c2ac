"""From the paths on the command line to one record per student."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from grader.errors import UsageError
from grader.submission.archive import CLASS, STUDENT, list_archive
from grader.submission.folder import list_folder
from grader.submission.layout import Student, class_entries, is_late, lms_student, student_of
from grader.submission.listing import ARCHIVE, GRADEABLE, NOTEBOOK, Found, readable, suffix_of
from grader.submission.naming import Names, natural, safe_id
from grader.submission.record import Discovery, Submission

MAX_CANDIDATES = 50
"""Files of one student that are looked at: somebody hands in a whole virtual environment."""
MAX_ARCHIVES = 10
"""Zips of one student that are opened."""

_Draft = tuple[str, list[Found]]
"""A student's name, and the files that can be graded, most likely first."""


def discover(paths: Sequence[Path], workspace: Path) -> Discovery:
    """All submissions in `paths`: notebooks, modules, folders and zips.

    Zips are unpacked into new folders of `workspace`, which is made if need be. What
    cannot be a submission is a line in `problems`; a path that does not exist raises
    UsageError.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    groups: dict[tuple[str, Student], list[Found]] = {}
    for path in _distinct(paths):
        root, entries = _entries(path, workspace)
        problems += _lines(entries)
        owned = [(student, entry) for entry in entries if (student := student_of(entry.parts))]
        if not owned and not _lines(entries):
            problems.append(f"{readable(str(path))}: {_nothing(entries)}")
        for student, entry in owned:
            groups.setdefault((root, student), []).append(entry)
    drafts = [
        (student.name, _candidates(entries, workspace, problems))
        for (_, student), entries in groups.items()
    ]
    return _named([draft for draft in drafts if draft[1]], problems)


def _distinct(paths: Sequence[Path]) -> Iterable[Path]:
    """The paths without repetitions; all must exist before the first is opened."""
    for path in paths:
        if not os.path.lexists(path):
            raise UsageError(f"{readable(str(path))} does not exist: check the path")
    distinct: dict[str, Path] = {}
    for path in paths:
        distinct.setdefault(os.path.realpath(path), path)
    return distinct.values()


def _entries(path: Path, workspace: Path) -> tuple[str, list[Found]]:
    """The folder that keeps students apart, and everything in it that was asked for."""
    origin = readable(str(path))
    suffix = suffix_of(path.name)
    if path.is_dir():
        entries = class_entries(list_folder(path))
        if lms_student(path.name):
            return str(path.parent), [_below((path.name,), entry) for entry in entries]
        return str(path), entries
    if not path.is_file():
        problem = "is not an ordinary file: give a notebook, module, folder or zip"
    elif suffix in GRADEABLE or (suffix == ARCHIVE and lms_student(path.name)):
        return str(path.parent), [Found(parts=(path.name,), origin=origin, path=path)]
    elif suffix == ARCHIVE:
        entries = list_archive(path, origin, workspace, CLASS)
        return str(path), class_entries(entries, archive=path.stem)
    else:
        problem = "is neither notebook (.ipynb), module (.py), folder nor zip"
    return str(path), [Found(parts=("",), origin=origin, problem=problem)]


def _candidates(entries: list[Found], workspace: Path, problems: list[str]) -> list[Found]:
    """A student's files that can be graded, zips unpacked; none at all is a problem line."""
    archives = [entry for entry in entries if entry.path and entry.suffix == ARCHIVE]
    unpacked = [
        found for archive in archives[:MAX_ARCHIVES] for found in _unpacked(archive, workspace)
    ]
    lines = _lines(unpacked)
    problems += lines
    problems += [
        f"{archive.origin}: not opened, {MAX_ARCHIVES} zips of one student are enough"
        for archive in archives[MAX_ARCHIVES:]
    ]
    everything = [*entries, *unpacked]
    # The command line may name a file twice: by itself, and with its folder.
    by_path = {entry.path: entry for entry in everything if entry.suffix in GRADEABLE}
    files = [entry for path, entry in by_path.items() if path]
    if not files and not lines and not _lines(entries):
        problems.append(f"{entries[0].origin}: {_nothing(everything)}")
    return sorted(files, key=_likelihood)


def _unpacked(archive: Found, workspace: Path) -> list[Found]:
    assert archive.path is not None
    found = list_archive(archive.path, archive.origin, workspace, STUDENT)
    return [_below(archive.parts, entry) for entry in found]


def _below(folder: tuple[str, ...], entry: Found) -> Found:
    return msgspec.structs.replace(entry, parts=(*folder, *entry.parts))


def _likelihood(entry: Found) -> tuple[bool, int, list[list[tuple[int, str]]], tuple[str, ...]]:
    """Notebooks before modules, shallow before deep, then by name."""
    names = [natural(part) for part in entry.parts]
    return entry.suffix != NOTEBOOK, len(entry.parts), names, entry.parts


def _named(drafts: list[_Draft], problems: list[str]) -> Discovery:
    """Gives out the ids, in an order that depends on names alone."""
    names = Names()
    submissions = []
    wanted = [(safe_id(name), files) for name, files in drafts]
    for plain, files in sorted(wanted, key=lambda it: (natural(it[0]), natural(it[1][0].origin))):
        origin = files[0].origin
        given, owner = names.claim(plain, origin)
        if owner is not None:
            problems.append(f"{origin}: graded as {given}, since {owner} is called {plain} too")
        submissions.append(_submission(given, files))
    submissions.sort(key=lambda submission: (natural(submission.id), submission.id))
    return Discovery(submissions=tuple(submissions), problems=tuple(problems))


def _submission(given: str, files: list[Found]) -> Submission:
    kept = files[:MAX_CANDIDATES]
    notes = [entry.note for entry in kept if entry.note]
    if any(is_late(entry.parts[0]) for entry in kept):
        notes.append("handed in late, says Canvas")
    if len(files) > len(kept):
        notes.append(f"only the first {len(kept)} of {len(files)} files were looked at")
    return Submission(
        id=given,
        candidates=tuple(entry.path for entry in kept if entry.path),
        origin=kept[0].origin,
        origins=tuple(entry.origin for entry in kept),
        notes=tuple(notes),
    )


def _lines(entries: Iterable[Found]) -> list[str]:
    return [f"{entry.origin}: {entry.problem}" for entry in entries if entry.problem]


def _nothing(entries: Iterable[Found]) -> str:
    """Says that there is nothing to grade, and what is there instead."""
    others = [readable(entry.name) for entry in entries if entry.name]
    instead = f", only {', '.join(others[:3])}{', …' if len(others) > 3 else ''}" if others else ""
    return f"holds no notebook (.ipynb) or module (.py){instead}: hand in the .ipynb file"
