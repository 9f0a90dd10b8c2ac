"""Grading many submissions: a pool of local processes, results in the order handed in."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from grader.assignment import Assignment
from grader.errors import GraderError
from grader.execution.executed_notebook import rendered_notebook
from grader.execution.pool import Lost, Pool
from grader.marking.card import faulty, ungraded
from grader.pipeline import Grader
from grader.records.result import Marked
from grader.report import Reports
from grader.sandbox import Sandbox
from grader.submission import Submission

AHEAD = 4
"""Submissions handed to the pool ahead of the one waited for, per job: memory stays flat."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What every process of the pool needs."""

    assignment: Assignment
    sandbox: Sandbox
    data: Path
    reports: Reports
    with_notebook: bool = False


class Desk:
    """One process's grader: grades a submission and writes its report."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.grader = Grader(work.assignment, work.sandbox, work.data, outputs=work.with_notebook)

    def grade(self, submission: Submission) -> Marked:
        """Grade and write; a fault of the grader's own leaves this submission ungraded."""
        try:
            return self._grade(submission)
        except GraderError:
            raise
        except Exception as error:  # noqa: BLE001 - one submission may not stop the others
            card = faulty(submission, error, self.work.assignment)
            self.work.reports.write_scorecard(card)
            return Marked(card)

    def _grade(self, submission: Submission) -> Marked:
        graded = self.grader.grade(submission)
        page = rendered_notebook(graded) if self.work.with_notebook else None
        self.work.reports.write_scorecard(graded.card, page)
        return Marked(graded.card, page)


def grade_all(
    work: Work, submissions: Sequence[Submission], *, jobs: int
) -> Generator[Marked, None, None]:
    """Grade all submissions; results come in the order of the submissions.

    Whoever stops taking them before the end drops what is being graded.
    """
    jobs = min(jobs, len(submissions))
    if jobs <= 1 or sys.platform in {"win32", "darwin"}:
        desk = Desk(work)
        yield from map(desk.grade, submissions)
        return
    # The pool is forked after torch was imported: its processes share torch's memory and
    # the fork server's control socket.
    pool = Pool(lambda: Desk(work).grade, jobs)
    with closing(pool.answers(submissions, ahead=jobs * AHEAD)) as answers:
        for submission, answer in zip(submissions, answers, strict=True):
            yield _lost(work, submission) if isinstance(answer, Lost) else answer


def _lost(work: Work, submission: Submission) -> Marked:
    """Ungraded: the process that was at it has ended, killed or out of memory."""
    reason = "the process that graded it ended unexpectedly: run the command again"
    card = ungraded(submission, reason, work.assignment)
    work.reports.write_scorecard(card)
    return Marked(card)
