"""Grading many submissions: a pool of local processes, results in the order handed in."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import closing

import grader.pipeline  # noqa: F401 - before the pool is forked: its processes share torch
from grader.execution.pool import Lost, Pool
from grader.execution.session import GradingSession
from grader.records.result import Result
from grader.reference.examination import examined
from grader.submission import Submission

LOST = "the process that graded it ended unexpectedly: run the command again"
AHEAD = 4
"""Submissions handed to the pool ahead of the one waited for, per job: memory stays flat."""


def grade_all(
    session: GradingSession, submissions: Sequence[Submission], *, jobs: int
) -> Generator[Result, None, None]:
    """Grade all submissions; results come in the order of the submissions.

    Whoever stops taking them before the end drops what is being graded.
    """
    examined(session.assignment)  # before anything of a class is graded by a faulty one
    jobs = min(jobs, len(submissions))
    if jobs <= 1 or sys.platform in {"win32", "darwin"}:
        yield from map(session.grade, submissions)
        return
    # The pool is forked after torch was imported: its processes share torch's memory and
    # the fork server's control socket.
    session.open()
    pool = Pool(lambda: session.grade, jobs)
    with closing(pool.answers(submissions, ahead=jobs * AHEAD)) as answers:
        for submission, answer in zip(submissions, answers, strict=True):
            yield session.lost(submission, LOST) if isinstance(answer, Lost) else answer
