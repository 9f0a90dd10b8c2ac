"""The way to a Dask scheduler and back; whatever fails on it is one line."""

from __future__ import annotations

import logging
import re
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import dask
from distributed import Client, Future
from distributed.versions import VersionMismatchWarning

from grader.errors import ClusterError, GraderError, UsageError
from grader.execution.cluster.parcel import SubmissionParcel
from grader.execution.cluster.plugin import BenchPlugin, grade
from grader.execution.cluster.versions import difference, mismatch, own_versions
from grader.execution.cluster.worker_session import SessionOrder

PATIENCE = 5.0
"""Seconds to wait for the scheduler."""
RETRIES = 2
"""How often a submission that a worker could not grade is tried again."""
_LARGE = "distributed.admin.large-graph-warning-threshold"
"""Dask warns of large arguments: it means tables, and cannot mean a notebook with pictures."""
_ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://\S+:\d+")


class Connection:
    """An open connection, and the bench that every worker has been given."""

    def __init__(self, client: Client, address: str) -> None:
        self._client = client
        self._address = address
        self._bench = f"grader-{uuid.uuid4().hex}"

    @property
    def lost(self) -> bool:
        """Whether the scheduler has gone, and with it what was submitted."""
        return bool(self._client.status != "running")

    def threads(self) -> int:
        """How many submissions are graded at a time; 0 before any worker has joined."""
        return sum(self._client.nthreads().values())

    def submit(self, parcel: SubmissionParcel) -> Future[Any]:
        """Have a submission graded. Dask runs it again where a worker is lost."""
        return self._client.submit(grade, self._bench, parcel, pure=False, retries=RETRIES)

    def cancel(self, futures: list[Future[Any]]) -> None:
        """Nobody waits for these any more."""
        if futures and not self.lost:
            self._client.cancel(futures)

    @contextmanager
    def benches(self, order: SessionOrder) -> Iterator[None]:
        """Within, every worker has a bench."""
        self._client.register_plugin(BenchPlugin(order), name=self._bench)
        try:
            yield
        finally:
            if not self.lost:
                with suppress(Exception):  # a worker that is just leaving has none any more
                    self._client.unregister_worker_plugin(self._bench)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """What Dask raises within because the scheduler has gone is a ClusterError."""
        try:
            yield
        except GraderError:
            raise
        except Exception as error:
            if self.lost or isinstance(error, OSError):  # Dask's closed connections are these
                raise self.lost_error() from error
            raise

    def lost_error(self) -> ClusterError:
        """The line about a scheduler that has gone."""
        return ClusterError(f"the connection to the Dask scheduler {self._address} was lost")

    def check_versions(self, here: dict[str, str], warn: Callable[[str], None]) -> None:
        """UsageError where a worker would grade with other versions; `warn` if there is none."""
        found = self._client.run(own_versions, on_error="return")
        if not found:
            warn(f"no Dask worker has joined {self._address} yet: waiting for the first")
        for worker, there in found.items():
            if isinstance(there, Exception):
                raise UsageError(
                    f"Dask worker {worker} does not have this grader ({there}): install "
                    f"backprop-grader {here['grader']} there and restart it"
                )
            differs = difference(here, there)
            if differs is not None:
                raise UsageError(mismatch(worker, differs))


@contextmanager
def connected(address: str) -> Iterator[Connection]:
    """A connection to the scheduler at `address`.

    Raises UsageError for what is no address, ClusterError where nobody answers.
    """
    if not _ADDRESS.fullmatch(address):
        raise UsageError(
            f"{address!r} is no address of a Dask scheduler: give it as `dask scheduler` prints "
            "it, as in --cluster tcp://scheduler:8786"
        )
    with _quiet():
        client = _client(address)
        try:
            yield Connection(client, address)
        finally:
            with suppress(Exception):  # the scheduler may have gone
                client.close(timeout=PATIENCE)


def _client(address: str) -> Client:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # ours is one line
            return Client(address, timeout=PATIENCE, name="grader")
    except Exception as error:
        raise ClusterError(
            f"no Dask scheduler answers at {address} within {PATIENCE:g} s: see that it runs and "
            "that its port can be reached from here, or grade on this machine without --cluster"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask's own lines and warnings: what matters of them is said in ours."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [logger.level for logger in loggers]
    with dask.config.set({_LARGE: "1 TiB"}):
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
