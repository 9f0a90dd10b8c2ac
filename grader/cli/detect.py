"""Which assignment the submissions answer, where the command does not say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.analysis import Program
from grader.assignment import Assignment, load_assignment
from grader.assignment.loader import known_assignments
from grader.errors import GraderError, UsageError
from grader.exercises.script.candidate import choose
from grader.notebook import Unreadable
from grader.submission import Submission

SAMPLE = 10
"""Submissions that are looked into."""


def detect_assignment(submissions: Sequence[Submission], *, certain: bool = False) -> Path:
    """The known assignment most of whose targets the submissions define.

    `certain`: one that no submission has anything of is none, even if no other is known.
    Raises UsageError where there is none, or where no submission defines any.
    """
    known = known_assignments()
    if not known:
        raise UsageError("no assignment was found: name one with --assignment DIR")
    if len(known) == 1 and not certain:
        return next(iter(known.values()))
    merits = {folder: _merit(folder, submissions[:SAMPLE]) for folder in known.values()}
    folder, merit = max(merits.items(), key=lambda item: item[1].counts)
    if merit.counts == (0, 0) or (certain and not merit.fits):
        raise UsageError(
            "none of the submissions defines a gradient of a known assignment: name it with "
            f"--assignment ({', '.join(sorted(known))})"
        )
    return folder


class _Merit(NamedTuple):
    """What submissions define of an assignment."""

    counts: tuple[int, int]
    """Gradients and forward tensors."""
    fits: bool
    """Whether one of them has half of either: `w` and `dw` may stand in any notebook."""


def _merit(folder: Path, submissions: Sequence[Submission]) -> _Merit:
    try:
        assignment = load_assignment(folder)
    except GraderError:
        return _Merit((0, 0), False)  # a broken neighbour
    wanted, tensors = set(assignment.targets), assignment.tensor_names
    gradients = forward = 0
    fits = False
    for program in _programs(submissions, assignment):
        names = set().union(*(each.names for each in program.forwards)) & set(tensors)
        own, through = len(program.targets & wanted), len({tensors[name] for name in names})
        fits = fits or 2 * own >= len(wanted) or 2 * through >= len(set(tensors.values()))
        gradients, forward = gradients + own, forward + through
    return _Merit((gradients, forward), fits)


def _programs(submissions: Sequence[Submission], assignment: Assignment) -> Iterator[Program]:
    """The code of those that can be read; of the others grading says what is wrong with them."""
    for submission in submissions:
        try:
            study = choose(submission, assignment).study
        except GraderError:
            continue
        if not isinstance(study, Unreadable):
            yield study.program
