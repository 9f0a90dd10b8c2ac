"""In a Dask worker: one thread that grades, with a sandbox that it opens once and keeps.

The sandbox's processes die with the thread that started them, so that is a thread which
lives as long as the session and not one of Dask's. Being one, it grades one submission at a
time, however many threads the worker was given.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import msgspec

from grader.errors import AssignmentError, InfrastructureError, UnsafeError, UsageError
from grader.execution.cluster.answer import Answer, Refusal
from grader.execution.cluster.parcel import AssignmentParcel, SubmissionParcel
from grader.execution.cluster.versions import difference, mismatch, own_versions
from grader.execution.session import GradingSession
from grader.protocol import determinism
from grader.records.result import Result
from grader.temporary_folder import workspace

IDLE = 600.0
"""Seconds after which a sandbox is closed until it is needed again: a client that was killed
never says that it needs it no more."""

_PATIENCE = 5.0


class SessionOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What every worker is told, once."""

    assignment: AssignmentParcel
    versions: dict[str, str]
    """The client's."""
    required: bool
    """Refuse to run anything where the machine cannot keep it in."""
    with_notebook: bool = False


_Job = tuple[SubmissionParcel, "Future[Answer]"]


class WorkerSession:
    """Grades what it is given, in the order in which it was given."""

    def __init__(self, order: SessionOrder, worker: str) -> None:
        """worker: how this Dask worker is called in messages."""
        self._order = order
        self._worker = worker
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        # A daemon: a worker that is told to end does not wait for a student's code.
        self._thread = threading.Thread(target=self._work, name="grader-session", daemon=True)
        self._thread.start()

    def grade(self, parcel: SubmissionParcel) -> Answer:
        """Grade in the session's thread, and wait for it.

        Raises InfrastructureError where the machine could not do its part for this one.
        """
        future: Future[Answer] = Future()
        self._jobs.put((parcel, future))
        answer = future.result()
        if answer.marked is not None and answer.marked.card.status == "ungraded":
            raise InfrastructureError(answer.marked.card.reason or "")  # to be tried elsewhere
        return answer

    def close(self) -> None:
        """End after the submission that is being graded; wait for that, but not for ever."""
        self._closed = True
        self._jobs.put(None)
        self._thread.join(_PATIENCE)

    def _work(self) -> None:
        job = self._jobs.get()
        while job is not None:
            try:
                with self._session() as session:
                    while job is not None:
                        self._do(job, session)
                        job = self._jobs.get(timeout=IDLE)
            except queue.Empty:  # it is opened again for the next
                job = self._jobs.get()
            except Exception as error:  # noqa: BLE001 - whoever waits is told
                self._refuse(job, error)
                job = None if self._closed else self._jobs.get()

    @contextmanager
    def _session(self) -> Iterator[GradingSession]:
        _pin(self._worker)
        differs = difference(self._order.versions, own_versions())
        if differs is not None:
            raise UsageError(mismatch(self._worker, differs))
        with workspace() as folder:
            assignment = self._order.assignment.unpack(folder)
            outputs, required = self._order.with_notebook, self._order.required
            with GradingSession(assignment, required=required, outputs=outputs) as session:
                yield session

    def _do(self, job: _Job, session: GradingSession) -> None:
        parcel, future = job
        if self._closed:
            future.set_exception(InfrastructureError("the session was closed"))
            return
        try:
            future.set_result(Answer(marked=self._marked(parcel, session)))
        except (UsageError, AssignmentError, UnsafeError) as error:
            self._refuse(job, error)
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            reason = f"Dask worker {self._worker}: {error}"
            future.set_exception(InfrastructureError(reason))

    @staticmethod
    def _marked(parcel: SubmissionParcel, session: GradingSession) -> Result:
        with workspace() as folder:
            return session.grade(parcel.unpack(folder))

    def _refuse(self, job: _Job | None, error: Exception) -> None:
        if job is not None and not job[1].done():
            text = str(error)
            if self._worker not in text:
                text = f"Dask worker {self._worker}: {text}"
            job[1].set_result(Answer(refusal=Refusal.of(error, text)))


def _pin(worker: str) -> None:
    """Fix the arithmetic's bits, which has no effect once torch is imported."""
    unpinned = [name for name, value in determinism.PINNED.items() if os.environ.get(name) != value]
    if "torch" in sys.modules and unpinned:
        raise UsageError(
            f"Dask worker {worker} has imported torch for something else, with other settings: "
            "restart it, and let it do nothing but grade"
        )
    determinism.apply()
