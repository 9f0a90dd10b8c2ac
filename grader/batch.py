"""Grading many submissions: a pool of local processes, results in the order handed in."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import msgspec

from grader.assignment import Assignment
from grader.card import faulty, ungraded
from grader.errors import GraderError
from grader.marked import Marked
from grader.pipeline import Grader
from grader.render import rendered_notebook
from grader.report import Reports
from grader.sandbox import Sandbox
from grader.submission import Submission

_PR_SET_PDEATHSIG = 1
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


_desk: Desk | None = None


def _open_desk(work: Work, parent: int) -> None:
    global _desk  # noqa: PLW0603 - one desk a pool process, made by its initialiser
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    _die_with(parent)
    _desk = Desk(work)


def _die_with(parent: int) -> None:
    """End when the parent does, however it ends: nobody would take the results."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _grade_at_desk(submission: Submission) -> Marked:
    assert _desk is not None
    return _desk.grade(submission)


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
    with ProcessPoolExecutor(
        jobs,
        mp_context=multiprocessing.get_context("fork"),
        initializer=_open_desk,
        initargs=(work, os.getpid()),
    ) as pool:
        try:
            yield from _in_order(pool, work, submissions, jobs * AHEAD)
        except BaseException:
            _drop(pool)
            raise


def _drop(pool: ProcessPoolExecutor) -> None:
    """End what is being graded now, and its runs with it: they can be graded again."""
    pool.shutdown(wait=False, cancel_futures=True)
    for process in multiprocessing.active_children():
        process.kill()


def _in_order(
    pool: ProcessPoolExecutor, work: Work, submissions: Sequence[Submission], ahead: int
) -> Iterator[Marked]:
    waiting: list[tuple[Submission, Future[Marked]]] = []
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
            yield Marked(lost)
