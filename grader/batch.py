"""Grading many submissions: a pool of local processes, results in the order handed in."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import msgspec

from grader.assignment import Assignment
from grader.card import faulty, ungraded
from grader.errors import GraderError
from grader.model import Scorecard
from grader.pipeline import Grader
from grader.render import rendered_notebook
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

    def grade(self, submission: Submission) -> Scorecard:
        """Grade and write; a fault of the grader's own leaves this submission ungraded."""
        try:
            return self._grade(submission)
        except GraderError:
            raise
        except Exception as error:  # noqa: BLE001 - one submission may not stop the others
            card = faulty(submission, error, self.work.assignment)
            self.work.reports.write_scorecard(card)
            return card

    def _grade(self, submission: Submission) -> Scorecard:
        graded = self.grader.grade(submission)
        page = rendered_notebook(graded) if self.work.with_notebook else None
        self.work.reports.write_scorecard(graded.card, page)
        return graded.card


_desk: Desk | None = None


def _open_desk(work: Work) -> None:
    global _desk  # noqa: PLW0603 - one desk a pool process, made by its initialiser
    _desk = Desk(work)


def _grade_at_desk(submission: Submission) -> Scorecard:
    assert _desk is not None
    return _desk.grade(submission)


def grade_all(work: Work, submissions: Sequence[Submission], *, jobs: int) -> Iterator[Scorecard]:
    """Grade all submissions; cards come in the order of the submissions."""
    jobs = min(jobs, len(submissions))
    if jobs <= 1 or sys.platform in {"win32", "darwin"}:
        desk = Desk(work)
        yield from map(desk.grade, submissions)
        return
    # The pool is forked after torch was imported: its processes share torch's memory and
    # the fork server's control socket.
    with ProcessPoolExecutor(
        jobs,
        mp_context=multiprocessing.get_context("fork"),
        initializer=_open_desk,
        initargs=(work,),
    ) as pool:
        yield from _in_order(pool, work, submissions, jobs * AHEAD)


def _in_order(
    pool: ProcessPoolExecutor, work: Work, submissions: Sequence[Submission], ahead: int
) -> Iterator[Scorecard]:
    waiting: list[tuple[Submission, Future[Scorecard]]] = []
    queue = iter(submissions)
    while True:
        while len(waiting) < ahead and (submission := next(queue, None)) is not None:
            waiting.append((submission, pool.submit(_grade_at_desk, submission)))
        if not waiting:
            return
        submission, future = waiting.pop(0)
        try:
            yield future.result()
        except BrokenProcessPool:
            reason = "a grading process of the pool ended unexpectedly: run the command again"
            lost = ungraded(submission, reason, work.assignment)
            work.reports.write_scorecard(lost)
            yield lost
