"""A student's own files: from paths to submissions, and what counts as all right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from grader.assignment import Assignment, find_assignment, load_assignment
from grader.cli.detect import detect_assignment
from grader.errors import UsageError
from grader.records.scorecard import Scorecard
from grader.submission import Beside, Submission
from grader.submission.listing import GRADEABLE, MAX_BESIDE, readable, suffix_of
from grader.submission.naming import safe_id

MAX_LISTED = 200
"""Files of the folder that are looked at."""


def submission_of(path: Path) -> Submission:
    """One file as a submission; UsageError for anything but a notebook or a module."""
    shown = readable(str(path))
    if not path.exists():
        raise UsageError(f"{shown} does not exist: check the path")
    if not path.is_file() or suffix_of(path.name) not in GRADEABLE:
        raise UsageError(
            f"{shown} is neither a notebook (.ipynb) nor a module (.py); "
            "whole folders are graded by `grader grade`"
        )
    return Submission(
        id=safe_id(path.stem),
        candidates=(path,),
        origin=shown,
        places=(path.name,),
        beside=tuple(_beside(path)),
    )


def _beside(path: Path) -> Iterator[Beside]:
    """The student's own folder, where it is one of this work: not a whole home folder."""
    try:
        listed = sorted(islice(path.absolute().parent.iterdir(), MAX_LISTED))
    except OSError:
        return
    for file in listed:
        small = file.is_file() and file != path.absolute() and not file.name.startswith(".")
        if small and file.stat().st_size <= MAX_BESIDE:
            yield Beside(file.name, file)
        elif (file / "__init__.py").is_file():
            for module in sorted(islice(file.rglob("*.py"), MAX_LISTED)):
                yield Beside(module.relative_to(file.parent).as_posix(), module)


def assignment_of(
    submissions: Sequence[Submission], *, name: str | None, data: Path | None
) -> Assignment:
    """The assignment that was named, else the one that is answered."""
    folder = find_assignment(name) if name else detect_assignment(submissions, certain=True)
    return load_assignment(folder, data=data)


def all_right(card: Scorecard) -> bool:
    """Whether every gradient of every exercise is there, and right by work of its own."""
    rows = [row for exercise in card.exercises for row in exercise.targets]
    return card.status == "graded" and all(row.basis == "value" for row in rows)
