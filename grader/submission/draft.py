"""One student: what can be graded of what was handed in, and what is wrong with the rest."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from grader.submission.archive import STUDENT, list_archive
from grader.submission.layout import Owned, attempt_in
from grader.submission.listing import (
    ARCHIVES,
    GRADEABLE,
    NOTEBOOK,
    Found,
    nothing_in,
    readable,
    within,
)
from grader.submission.naming import natural
from grader.submission.platforms import clock
from grader.submission.record import Beside, Submission

MAX_CANDIDATES = 50
"""Files of one student that are looked at: somebody hands in a whole virtual environment."""
MAX_ARCHIVES = 10
"""Zips of one student that are opened."""
MAX_BESIDE = 500
"""Files that stand beside the candidates."""
_TIMESTAMP = "timestamp.txt"
"""In which nbgrader and Sakai say when a folder was handed in."""


class Draft(msgspec.Struct):
    """A student's files: the latest attempt, and what is to be said of it."""

    origin: str
    files: list[Owned]
    """What can be graded, most likely first."""
    beside: list[Owned]
    problems: list[Found]
    nothing: str
    """What to say if there is neither."""
    notes: list[str]
    at: str | None

    def submission(self, given: str, aliases: tuple[str, ...]) -> Submission:
        """The student's submission under this id."""
        plain = self._graded(given) if self.files else self._broken(given)
        return msgspec.structs.replace(plain, aliases=aliases, submitted_at=self.at)

    def _graded(self, given: str) -> Submission:
        kept = self.files[:MAX_CANDIDATES]
        notes = [each.entry.note for each in kept if each.entry.note]
        notes += self.notes
        if any(each.late for each in kept):
            notes.append("handed in late, says Canvas")
        if len(self.files) > len(kept):
            notes.append(f"only the first {len(kept)} of {len(self.files)} files were looked at")
        notes += _complaints(self.problems)
        return Submission(
            id=given,
            candidates=tuple(each.entry.path for each in kept if each.entry.path),
            origin=kept[0].entry.origin,
            origins=tuple(each.entry.origin for each in kept),
            places=tuple("/".join(each.place) for each in kept),
            beside=tuple(self._beside()),
            notes=tuple(notes),
        )

    def _beside(self) -> Iterator[Beside]:
        for each in self.beside[:MAX_BESIDE]:
            if each.entry.beside is not None:
                yield Beside("/".join(each.place), each.entry.beside)

    def _broken(self, given: str) -> Submission:
        """The files are known, and why they are no use."""
        lost = [entry for entry in self.problems if entry.lost]
        told = lost or self.problems
        files = [entry for entry in told if entry.path][:MAX_CANDIDATES]
        reason = "; ".join(_complaints(told)) or f"{readable(given)} {self.nothing}"
        return Submission(
            id=given,
            candidates=tuple(entry.path for entry in files if entry.path),
            origin=told[0].origin if told else self.origin,
            origins=tuple(entry.origin for entry in files),
            problem=reason,
            lost=bool(lost),
        )


def draft_of(owned: Sequence[Owned], workspace: Path) -> Draft:
    """A student's files that can be graded, zips unpacked, and what is wrong with the others."""
    everything = [*owned, *_unpacked(owned, workspace)]
    # The command line may name a file twice: by itself, and with its folder.
    by_path = {
        each.entry.path: each
        for each in everything
        if each.entry.path and each.entry.suffix in GRADEABLE
    }
    latest, notes = _latest(list(by_path.values()))
    beside = {each.entry.beside: each for each in everything if each.entry.beside}
    files = sorted(latest, key=_likelihood)
    return Draft(
        origin=(files or everything)[0].entry.origin,
        files=files,
        beside=_of_attempt(list(beside.values()), files),
        problems=[each.entry for each in everything if each.entry.problem],
        nothing=nothing_in([each.entry for each in everything]),
        notes=notes,
        at=_handed_in(files, everything),
    )


def _unpacked(owned: Sequence[Owned], workspace: Path) -> Iterator[Owned]:
    """What the zips of one student hold; all together, no more than one may."""
    archives = [each for each in owned if _is_archive(each.entry)]
    left = STUDENT.size
    for opened in itertools.count(1):
        if not archives:
            return
        archive = archives.pop(0)
        if opened > MAX_ARCHIVES:
            problem = f"is not opened, {MAX_ARCHIVES} zips of one student are enough"
            entry = msgspec.structs.replace(archive.entry, path=None, problem=problem)
            yield msgspec.structs.replace(archive, entry=entry)
            continue
        assert archive.entry.path is not None
        caps = msgspec.structs.replace(STUDENT, size=left)
        for found in list_archive(archive.entry.path, archive.entry.origin, workspace, caps):
            left -= found.path.stat().st_size if found.path and not found.problem else 0
            each = _inside(archive, found)
            if found.parts != ("",) and _is_archive(found):
                archives.append(each)  # a zip in the zip
            yield each


def _is_archive(entry: Found) -> bool:
    return entry.path is not None and entry.problem is None and entry.suffix in ARCHIVES


def _inside(archive: Owned, found: Found) -> Owned:
    """What was found in an archive, unpacked where that stands: it keeps its own places."""
    inside = tuple(part for part in found.parts if part)
    return msgspec.structs.replace(
        archive,
        entry=within(archive.entry.parts, found),
        place=(*archive.place[:-1], *inside),
        attempt=(*archive.attempt, *attempt_in(inside)),
    )


def _latest(files: list[Owned]) -> tuple[list[Owned], list[str]]:
    """The files of the latest attempt and those of no attempt, and a note on the earlier ones."""
    attempts = sorted({each.attempt for each in files if each.attempt})
    if len(attempts) < 2:
        return files, []
    kept = [each for each in files if not each.attempt or each.attempt == attempts[-1]]
    earlier = [each.entry.origin for each in files if each not in kept]
    some = ", ".join(earlier[:3]) + (", …" if len(earlier) > 3 else "")
    return kept, [f"the latest of {len(attempts)} attempts was graded; earlier: {some}"]


def _of_attempt(beside: list[Owned], files: list[Owned]) -> list[Owned]:
    attempts = {each.attempt for each in files} | {()}
    return [each for each in beside if each.attempt in attempts]


def _handed_in(files: Sequence[Owned], everything: Sequence[Owned]) -> str | None:
    """By the platform's name for the attempt, else by its timestamp.txt."""
    told = [step for each in files for step in each.attempt if clock(step)]
    if told:
        return max(told)
    stamps = [
        each.entry.beside
        for each in everything
        if each.entry.beside and each.entry.name.casefold() == _TIMESTAMP
    ]
    return max(filter(None, map(_stamp, stamps)), default=None)


def _stamp(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(100).strip()
    except OSError:
        return None
    at = clock(text)
    zone = "+00:00" if text.endswith(("UTC", "Z", "+00:00")) else ""
    return f"{at.isoformat()}{zone}" if at is not None else None


def _likelihood(each: Owned) -> tuple[bool, int, list[list[tuple[int, str]]], tuple[str, ...]]:
    """Notebooks before modules, shallow before deep, then by name."""
    parts = each.entry.parts
    names = [natural(part) for part in parts]
    return each.entry.suffix != NOTEBOOK, len(parts), names, parts


def _complaints(problems: Sequence[Found]) -> list[str]:
    """The first few, for the student."""
    return list(dict.fromkeys(entry.complaint for entry in problems))[:3]
