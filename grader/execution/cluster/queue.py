"""What is on its way: a window that moves over the submissions, so that memory stays flat."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from distributed import CancelledError, Future, wait
from distributed.scheduler import KilledWorker

from grader.assignment import Assignment
from grader.errors import InfrastructureError
from grader.execution.cluster.answer import Answer
from grader.execution.cluster.connection import Connection
from grader.execution.cluster.parcel import SubmissionParcel
from grader.records.result import Result
from grader.report import Reports
from grader.submission import Submission

AHEAD = 4
"""Submissions handed out and not graded yet, for each thread of the cluster."""
HELD = 16
"""The same with those that are graded and wait for an earlier one."""
PULSE = 1.0
"""Seconds after which workers that have joined or left are noticed."""


class Handed(msgspec.Struct):
    """One submission that is on its way."""

    submission: Submission
    future: Future[Any] | None
    reason: str = ""
    """Why there is no future: it could not be read here."""

    @property
    def done(self) -> bool:
        return self.future is None or bool(self.future.done())


class Queue:
    """Submissions of one assignment, handed to a cluster and taken back in their order."""

    def __init__(self, connection: Connection, assignment: Assignment, reports: Reports) -> None:
        self._connection = connection
        self._assignment = assignment
        self._reports = reports
        self._way: deque[Handed] = deque()
        self._threads = 0
        self._looked = 0.0

    def in_order(self, submissions: Sequence[Submission]) -> Iterator[Result]:
        """Every submission marked, or `ungraded` with the reason; its report is written."""
        rest = iter(submissions)
        try:
            while True:
                self._fill(rest)
                if not self._way:
                    return
                if self._way[0].done:
                    yield self._reported(self._way.popleft())
                else:
                    self._pause()
        finally:
            self._connection.cancel([each.future for each in self._way if each.future])

    def _fill(self, rest: Iterator[Submission]) -> None:
        """Hand out as many as keep the cluster busy."""
        threads = self._current_threads()
        running = sum(not each.done for each in self._way)
        while running < threads * AHEAD and len(self._way) < threads * HELD:
            submission = next(rest, None)
            if submission is None:
                return
            self._way.append(self._handed(submission))
            running += 1

    def _current_threads(self) -> int:
        """At least one, also before any worker has joined."""
        if time.monotonic() - self._looked > PULSE:
            self._threads = self._connection.threads() or 1
            self._looked = time.monotonic()
        return self._threads

    def _handed(self, submission: Submission) -> Handed:
        if submission.lost:
            return Handed(submission, None, submission.problem or "")
        try:
            parcel = SubmissionParcel.pack(submission)
        except InfrastructureError as error:
            return Handed(submission, None, str(error))
        return Handed(submission, self._connection.submit(parcel))

    def _pause(self) -> None:
        """Until one more is graded, or for a pulse."""
        running = [each.future for each in self._way if not each.done]
        with contextlib.suppress(TimeoutError, CancelledError):
            wait(running, timeout=PULSE, return_when="FIRST_COMPLETED")
        if self._connection.lost:
            raise self._connection.lost_error()

    def _reported(self, handed: Handed) -> Result:
        marked = self._marked(handed)
        self._reports.write_scorecard(marked.card, marked.notebook)
        return marked

    def _marked(self, handed: Handed) -> Result:
        if handed.future is None:
            return self._ungraded(handed, handed.reason)
        try:
            answer = Answer.decode(handed.future.result(), handed.submission.id)
        except CancelledError as error:
            raise self._connection.lost_error() from error
        except InfrastructureError as error:  # of a worker, and again when it was retried
            return self._ungraded(handed, str(error))
        except Exception as error:
            if self._connection.lost:
                raise self._connection.lost_error() from error
            return self._ungraded(handed, _explained(error))
        if answer.refusal is not None:
            raise answer.refusal.error()
        assert answer.marked is not None
        return answer.marked

    def _ungraded(self, handed: Handed, reason: str) -> Result:
        from grader.marking.card import ungraded  # late: brings torch, which is seldom needed here

        return Result(ungraded(handed.submission, reason, self._assignment))


def _explained(error: Exception) -> str:
    """Why the cluster gave a submission up, in a line."""
    if isinstance(error, KilledWorker):
        return (
            f"{error.allowed_failures + 1} Dask workers ended one after another while they graded "
            "it: look at their logs and their memory, then run the command again"
        )
    text = " ".join(str(error).split())[:500]
    return f"the Dask cluster failed on it ({type(error).__name__}: {text}): run the command again"
