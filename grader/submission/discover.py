"""From the paths on the command line to one record per student."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from grader.errors import UsageError
from grader.submission.archive import CLASS, list_archive
from grader.submission.draft import Draft, draft_of
from grader.submission.folder import list_folder
from grader.submission.layout import Student, class_entries, lms_student, student_of
from grader.submission.listing import (
    ARCHIVE,
    GRADEABLE,
    Found,
    nothing_in,
    readable,
    some,
    suffix_of,
    within,
)
from grader.submission.naming import Names, natural, safe_id
from grader.submission.record import Discovery

MAX_LINES = 20
"""Lines about what one student, or one zip, holds and cannot be used."""


def discover(paths: Sequence[Path], workspace: Path) -> Discovery:
    """All submissions in `paths`: notebooks, modules, folders and zips.

    Zips are unpacked into new folders of `workspace`, which is made if need be. A student of
    whom nothing can be graded is a submission with a `problem`; what belongs to nobody is a
    line in `problems`. A path that does not exist raises UsageError.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    groups: dict[tuple[str, Student], list[Found]] = {}
    for path in _distinct(paths):
        root, entries = _entries(path, workspace)
        owners = [(student_of(entry.parts), entry) for entry in entries]
        strays = [entry for student, entry in owners if student is None]
        problems += _lines(strays)
        if len(strays) == len(entries) and not _lines(strays):
            problems.append(f"{readable(str(path))}: {nothing_in(entries)}")
        elif left_out := [entry.name for entry in strays if _may_be_an_answer(entry)]:
            problems.append(
                f"{readable(str(path))}: left out, {some(left_out)}: no notebook, module or zip"
            )
        for student, entry in owners:
            if student is not None:
                groups.setdefault((root, student), []).append(entry)
    roots = {root for (root, _), entries in groups.items() if any(map(_in_folder, entries))}
    drafts = []
    for (root, student), entries in groups.items():
        draft = draft_of(student.name, entries, workspace)
        if draft.files or draft.problems or root in roots or lms_student(entries[0].parts[0]):
            drafts.append(draft)
        else:
            problems.append(f"{draft.origin}: {draft.nothing}")
        if draft.files:
            problems += _lines(draft.problems)
    return _named(drafts, problems)


def _in_folder(entry: Found) -> bool:
    """Whether this is a class of folders: one without anything in it is a student's then."""
    return len(entry.parts) > 1 and entry.path is not None


def _may_be_an_answer(entry: Found) -> bool:
    plain = entry.name.casefold().startswith(("readme", "license"))
    return bool(entry.name) and entry.problem is None and not plain


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
            return str(path.parent), [within((path.name,), entry) for entry in entries]
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


def _named(drafts: list[Draft], problems: list[str]) -> Discovery:
    """Gives out the ids, in an order that depends on names alone."""
    names = Names()
    submissions = []
    wanted = [(safe_id(draft.name), draft) for draft in drafts]
    for plain, draft in sorted(wanted, key=lambda it: (natural(it[0]), natural(it[1].origin))):
        given, owner = names.claim(plain, draft.origin)
        if owner is not None:
            problems.append(
                f"{draft.origin}: graded as {given}, since {owner} is called {plain} too"
            )
        submissions.append(draft.submission(given))
    submissions.sort(key=lambda submission: (natural(submission.id), submission.id))
    return Discovery(submissions=tuple(submissions), problems=tuple(problems))


def _lines(entries: Iterable[Found]) -> list[str]:
    """All problems, for the instructor."""
    lines = [f"{entry.origin}: {entry.problem}" for entry in entries if entry.problem]
    more = len(lines) - MAX_LINES
    return lines if more <= 0 else [*lines[:MAX_LINES], f"… and {more:,} more like these"]
