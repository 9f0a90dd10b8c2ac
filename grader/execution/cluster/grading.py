"""Grading many submissions on a cluster: as `grader.execution.batch`, with other hands."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Generator, Sequence

import msgspec

from grader.assignment import Assignment
from grader.errors import UsageError
from grader.execution.cluster.parcel import AssignmentParcel
from grader.execution.cluster.versions import own_versions
from grader.execution.cluster.worker_session import SessionOrder
from grader.records.result import Result
from grader.report import Reports
from grader.submission import Submission


class ClusterWork(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done, beside the submissions."""

    assignment: Assignment
    reports: Reports
    required: bool = True
    """Refuse to run anything where a worker's machine cannot keep it in."""
    with_notebook: bool = False


def grade_on(
    address: str,
    work: ClusterWork,
    submissions: Sequence[Submission],
    *,
    warn: Callable[[str], None],
) -> Generator[Result, None, None]:
    """Grade on the cluster of the Dask scheduler at `address`, as `batch.grade_all` does here.

    Raises UsageError where Dask or the same versions are missing, UnsafeError for a worker
    on an unsafe machine, and ClusterError when the scheduler is out of reach; what was
    graded until then has been handed on.
    """
    if importlib.util.find_spec("distributed") is None:
        raise UsageError("--cluster needs Dask: pip install distributed")
    from grader.execution.cluster.connection import connected
    from grader.execution.cluster.queue import Queue

    versions = own_versions()
    order = SessionOrder(
        assignment=AssignmentParcel.pack(work.assignment),
        versions=versions,
        required=work.required,
        with_notebook=work.with_notebook,
    )
    with connected(address) as connection, connection.guarded():
        connection.check_versions(versions, warn)
        with connection.benches(order):
            yield from Queue(connection, work.assignment, work.reports).in_order(submissions)
