"""Which assignment the submissions answer, where the command does not say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.assignment import load_assignment
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
    folder, merit = max(merits.items(), key=lambda item: item[1])
    if merit == (0, 0):
        raise UsageError(
            "none of the submissions defines a gradient of a known assignment: name it with "
            f"--assignment ({', '.join(sorted(known))})"
        )
    return folder


def _merit(folder: Path, submissions: Sequence[Submission]) -> tuple[int, int]:
    """Gradients and forward tensors of the assignment that the submissions define."""
    try:
        assignment = load_assignment(folder)
        studies = [choose(submission, assignment).study for submission in submissions]
    except GraderError:
        return 0, 0  # a broken neighbour is no reason not to grade by the right one
    programs = [found.program for found in studies if not isinstance(found, Unreadable)]
    wanted, tensors = set(assignment.targets), assignment.tensor_names
    forward = (set(tensors) & set(each.names) for p in programs for each in p.forwards)
    return sum(len(p.targets & wanted) for p in programs), sum(map(len, forward))
