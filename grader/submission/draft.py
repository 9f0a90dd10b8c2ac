"""One student: what can be graded of what was handed in, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from grader.submission.archive import STUDENT, list_archive
from grader.submission.layout import is_late
from grader.submission.listing import (
    ARCHIVE,
    GRADEABLE,
    NOTEBOOK,
    Found,
    nothing_in,
    readable,
    within,
)
from grader.submission.naming import natural
from grader.submission.record import Submission

MAX_CANDIDATES = 50
"""Files of one student that are looked at: somebody hands in a whole virtual environment."""
MAX_ARCHIVES = 10
"""Zips of one student that are opened."""


class Draft(msgspec.Struct):
    """A student before the ids are given out."""

    name: str
    origin: str
    files: list[Found]
    """What can be graded, most likely first."""
    problems: list[Found]
    nothing: str
    """What to say if there is neither."""

    def submission(self, given: str) -> Submission:
        """The student's submission under the id that was given out."""
        return self._graded(given) if self.files else self._broken(given)

    def _graded(self, given: str) -> Submission:
        kept = self.files[:MAX_CANDIDATES]
        notes = [entry.note for entry in kept if entry.note]
        if any(is_late(entry.parts[0]) for entry in kept):
            notes.append("handed in late, says Canvas")
        if len(self.files) > len(kept):
            notes.append(f"only the first {len(kept)} of {len(self.files)} files were looked at")
        notes += _complaints(self.problems)
        return Submission(
            id=given,
            candidates=tuple(entry.path for entry in kept if entry.path),
            origin=kept[0].origin,
            origins=tuple(entry.origin for entry in kept),
            notes=tuple(notes),
        )

    def _broken(self, given: str) -> Submission:
        """The files are known, and why they are no use."""
        lost = [entry for entry in self.problems if entry.lost]
        told = lost or self.problems
        files = [entry for entry in told if entry.path][:MAX_CANDIDATES]
        reason = "; ".join(_complaints(told)) or f"{readable(self.name)} {self.nothing}"
        return Submission(
            id=given,
            candidates=tuple(entry.path for entry in files if entry.path),
            origin=told[0].origin if told else self.origin,
            origins=tuple(entry.origin for entry in files),
            problem=reason,
            lost=bool(lost),
        )


def draft_of(name: str, entries: list[Found], workspace: Path) -> Draft:
    """A student's files that can be graded, zips unpacked, and what is wrong with the others."""
    everything = [*entries, *_unpacked(entries, workspace)]
    # The command line may name a file twice: by itself, and with its folder.
    by_path = {entry.path: entry for entry in everything if entry.suffix in GRADEABLE}
    files = sorted((e for path, e in by_path.items() if path), key=_likelihood)
    return Draft(
        name,
        (files or entries)[0].origin,
        files,
        [entry for entry in everything if entry.problem],
        nothing_in(everything),
    )


def _unpacked(entries: list[Found], workspace: Path) -> Iterator[Found]:
    """What the zips of one student hold; all together, no more than one may."""
    archives = [entry for entry in entries if entry.path and entry.suffix == ARCHIVE]
    left = STUDENT.size
    for archive in archives[:MAX_ARCHIVES]:
        assert archive.path is not None
        caps = msgspec.structs.replace(STUDENT, size=left)
        for found in list_archive(archive.path, archive.origin, workspace, caps):
            left -= found.path.stat().st_size if found.path and not found.problem else 0
            yield within(archive.parts, found)
    for archive in archives[MAX_ARCHIVES:]:
        problem = f"is not opened, {MAX_ARCHIVES} zips of one student are enough"
        yield msgspec.structs.replace(archive, path=None, problem=problem)


def _likelihood(entry: Found) -> tuple[bool, int, list[list[tuple[int, str]]], tuple[str, ...]]:
    """Notebooks before modules, shallow before deep, then by name."""
    names = [natural(part) for part in entry.parts]
    return entry.suffix != NOTEBOOK, len(entry.parts), names, entry.parts


def _complaints(problems: Sequence[Found]) -> list[str]:
    """The first few, for the student."""
    return list(dict.fromkeys(entry.complaint for entry in problems))[:3]
