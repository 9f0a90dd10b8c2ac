"""Integrity notes by name, so that a decision on one finds it again after every regrade."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from grader.printable import printable
from grader.records.scorecard import IntegrityNote, Scorecard, TargetScore


def name_of(note: IntegrityNote) -> str:
    """code/exercise/target where the note is about a target, else code and a digest of its text.

    Neither holds a cell or line: a note keeps its name when lines are added above it.
    """
    if note.target is not None:
        where = [part for part in (note.exercise, note.target) if part]
        return printable("/".join([note.code, *where]), limit=200)
    about = "/".join(part for part in (note.code, note.exercise) if part)
    digest = hashlib.sha256(note.text.encode("utf-8", "backslashreplace")).hexdigest()
    return printable(f"{about}-{digest[:6]}", limit=200)


def note_rows(card: Scorecard) -> Iterator[dict[str, Any]]:
    """A row for every note of a scorecard that has another name."""
    rows = {}
    for note in card.integrity:
        about = list(_about(card, note))
        rows[name_of(note)] = {
            "note": name_of(note),
            "exercise": printable(note.exercise) if note.exercise else None,
            "target": printable(note.target) if note.target else None,
            "text": printable(note.text),
            "earned": sum(row.score for row in about),
            "withheld": sum(_withheld(note, row) for row in about),
        }
    yield from rows.values()


def _about(card: Scorecard, note: IntegrityNote) -> Iterator[TargetScore]:
    """What the note is about, where its points can be told: these two speak of every gradient
    of their kind, the others of one.
    """
    for exercise in card.exercises:
        for row in exercise.targets:
            if note.code in ("copied", "unproven"):
                if row.basis == note.code:
                    yield row
            elif (exercise.id, row.name) == (note.exercise, note.target):
                yield row


def _withheld(note: IntegrityNote, target: TargetScore) -> float:
    """Points that the note cost, and that its dismissal restores."""
    if note.code not in ("copied", "unproven"):
        return 0.0
    return target.max_score - target.score
