"""When a submission was handed in, by what the instructor says tells it. Never the file's date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

import msgspec

from grader.errors import UsageError
from grader.gradebook import timestamps
from grader.gradebook.git_time import commit_times
from grader.gradebook.roster import Roster
from grader.submission import Submission


class Times(msgspec.Struct, frozen=True):
    """What is known: submission id → moment and its source."""

    known: Mapping[str, tuple[str, str]]
    problems: Sequence[str] = ()


def times_of(
    submissions: Sequence[Submission],
    *,
    at: str | None,
    from_git: bool,
    roster: Roster | None,
    zone: tzinfo | None,
) -> Times:
    """The first that tells it: the flag, the roster's column, the commit, the platform's name or
    timestamp of the attempt.

    `zone`: what a time without a time zone is meant in, that of the deadline. Raises
    UsageError for a flag that is no time.
    """
    known: dict[str, tuple[str, str]] = {}
    problems: list[str] = []
    known |= _named(submissions, zone)
    if from_git:
        known |= _committed(submissions)
    if roster is not None:
        known |= _listed(roster, zone, problems)
    if at is not None:
        given = timestamps.written(_flag(at, zone))
        known |= {submission.id: (given, "flag") for submission in submissions}
    return Times(known, problems)


def _flag(text: str, zone: tzinfo | None) -> datetime:
    try:
        return timestamps.understood(text, zone)
    except UsageError as error:
        raise UsageError(f"--submitted-at: {error}") from error


def _named(
    submissions: Sequence[Submission], zone: tzinfo | None
) -> Iterator[tuple[str, tuple[str, str]]]:
    """What platforms write into names; without a time zone it is the deadline's, or unknown."""
    for each in submissions:
        if each.submitted_at is None:
            continue
        try:
            at = timestamps.understood(each.submitted_at, zone)
        except UsageError:
            continue  # nothing depends on it where there is no deadline
        yield each.id, (timestamps.written(at), "name")


def _listed(roster: Roster, zone: tzinfo | None, problems: list[str]) -> dict[str, tuple[str, str]]:
    known = {}
    for student in roster.students:
        if student.submitted_at is None:
            continue
        try:
            told = timestamps.understood(student.submitted_at, zone)
        except UsageError as error:
            problems.append(f"{roster.path}:{student.line}: submitted_at: {error}; time unknown")
        else:
            known[student.id] = (timestamps.written(told), "roster")
    return known


def _committed(submissions: Sequence[Submission]) -> dict[str, tuple[str, str]]:
    """The latest commit among a submission's candidates; all of them must be committed."""
    times = commit_times([path for each in submissions for path in each.candidates])
    return {
        each.id: (timestamps.written(max(times[path] for path in each.candidates)), "git")
        for each in submissions
        if each.candidates and all(path in times for path in each.candidates)
    }
