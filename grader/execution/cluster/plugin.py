"""What Dask runs on its workers: the bench as a plugin, and the task that uses it."""

from __future__ import annotations

import asyncio

from distributed import Worker, WorkerPlugin, get_worker

from grader.execution.cluster.parcel import SubmissionParcel
from grader.execution.cluster.worker_session import SessionOrder, WorkerSession


class BenchPlugin(WorkerPlugin):
    """Gives every worker a bench, those too that join later."""

    def __init__(self, order: SessionOrder) -> None:
        self.order = order
        self.bench: WorkerSession | None = None

    def setup(self, worker: Worker) -> None:
        """Called by Dask in the worker's event loop, as is `teardown`."""
        self.bench = WorkerSession(self.order, worker.address)

    async def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - Dask's signature
        if self.bench is not None:
            await asyncio.to_thread(self.bench.close)


def grade(name: str, parcel: SubmissionParcel) -> bytes:
    """The task: an encoded `Answer`. `name`: of the plugin."""
    plugin = get_worker().plugins[name]
    assert isinstance(plugin, BenchPlugin)
    assert plugin.bench is not None
    return plugin.bench.grade(parcel).encode()
