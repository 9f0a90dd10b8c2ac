"""Whole commands, timed side by side: medians and spread, since machines are noisy."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Times:
    """Seconds of several runs of one command."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        return f"{self.median:6.2f} s  ({min(self.seconds):.2f} – {max(self.seconds):.2f})"


def timed(command: Sequence[str], cwd: Path) -> float:
    """Wall seconds of a command; CalledProcessError if it fails."""
    begun = time.perf_counter()
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)
    return time.perf_counter() - begun


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
