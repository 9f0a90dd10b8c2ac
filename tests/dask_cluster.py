"""A real Dask cluster on this machine: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil


class DaskCluster:
    """`dask scheduler` and `dask worker`, started as a person would."""

    def __init__(self, folder: Path, workers: int) -> None:
        self._file = folder / "scheduler.json"
        self._folder = folder
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        self.address = self._address()
        self.processes = [self.scheduler]
        if workers:
            each = ("--nthreads", "1", "--nworkers", str(workers))
            self.processes.insert(0, self._start("worker", self.address, *each))

    def _start(self, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments]
        more = ["--scheduler-file", str(self._file)] if kind == "scheduler" else []
        with (self._folder / f"{kind}.log").open("wb") as log:
            return subprocess.Popen(
                [*command, *more, "--no-dashboard"], cwd=self._folder, stdout=log, stderr=log
            )

    def _address(self) -> str:
        for _ in range(600):
            with contextlib.suppress(OSError, ValueError):
                return str(json.loads(self._file.read_text())["address"])
            time.sleep(0.1)
        raise AssertionError((self._folder / "scheduler.log").read_text())

    def _family(self) -> list[psutil.Process]:
        """Worker processes, and whatever they have started."""
        running = [each.pid for each in self.processes if each.poll() is None]
        return [c for pid in running for c in psutil.Process(pid).children(recursive=True)]

    def sandboxes(self) -> list[psutil.Process]:
        """Processes that workers have started."""
        return [each for each in self._family() if "grader.worker" in " ".join(_command(each))]

    def grading(self) -> list[psutil.Process]:
        """Worker processes that hold a sandbox."""
        parents = (each.parent() for each in self.sandboxes())
        return [each for each in parents if each and "multiprocessing" in " ".join(_command(each))]

    def end(self) -> list[psutil.Process]:
        """End everything; what is left of it after some seconds."""
        family = self._family()
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()
        _, left = psutil.wait_procs(family, timeout=10)
        for each in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                os.kill(each.pid, signal.SIGKILL)
        return left


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


@contextlib.contextmanager
def dask_cluster(folder: Path, workers: int) -> Iterator[DaskCluster]:
    """A cluster for a block, of which nothing is left behind."""
    cluster = DaskCluster(folder, workers)
    try:
        yield cluster
    finally:
        left = cluster.end()
    assert not left
