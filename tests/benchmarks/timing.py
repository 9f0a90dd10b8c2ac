"""Whole commands, timed side by side: medians and spread, since machines are noisy."""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Times:
    """Seconds of several runs of one command."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def each(self, number: int) -> Times:
        """Seconds for one of `number` things that every run did."""
        return Times(tuple(seconds / number for seconds in self.seconds))

    def record(self) -> dict[str, float | int]:
        """For results.json, in seconds."""
        least, most = min(self.seconds), max(self.seconds)
        return {"median": self.median, "min": least, "max": most, "runs": len(self.seconds)}

    def __str__(self) -> str:
        return f"{self.median:6.2f} s  ({min(self.seconds):.2f} – {max(self.seconds):.2f})"


@dataclass
class Line:
    """Commands to be run one after the other, in a folder of their own."""

    folder: Path
    commands: Sequence[Sequence[str]]
    variables: Mapping[str, str] | None = None
    failure: str = field(default="", init=False)

    def run(self) -> None:
        for command in self.commands:
            done = subprocess.run(
                command,
                check=False,
                cwd=self.folder,
                env=self.variables,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                self.failure = f"{' '.join(command)}: {done.returncode}\n{done.stderr[-2000:]}"
                return


def side_by_side(lines: Sequence[Line]) -> float:
    """Wall seconds until all lines are through; RuntimeError if a command failed."""
    begun = time.perf_counter()
    threads = [threading.Thread(target=line.run) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    for line in lines:
        if line.failure:
            raise RuntimeError(line.failure)
    return seconds


def timed(command: Sequence[str], cwd: Path) -> float:
    """Wall seconds of a command; RuntimeError if it fails."""
    return side_by_side([Line(cwd, [command])])


def measured(command: Sequence[str], cwd: Path) -> tuple[float, float]:
    """Wall seconds of a command, and the peak memory of its largest process in MB."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def in_turn(commands: Sequence[Sequence[str]], cwd: Path, rounds: int) -> list[Times]:
    """Each command `rounds` times, in turn, after one warm-up of each."""
    for command in commands:
        timed(command, cwd)
    results = [[timed(command, cwd) for command in commands] for _ in range(rounds)]
    return [Times(column) for column in zip(*results, strict=True)]
