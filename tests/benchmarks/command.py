"""`grader grade` as a command, with an empty OUT every time: nothing was graded before."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from timing import measured, timed


class Command:
    """The command for one assignment."""

    def __init__(self, assignment: Path, scratch: Path) -> None:
        self.assignment, self.scratch = assignment, scratch
        self._outs = (scratch / f"out-{number}" for number in count())

    def words(self, what: Path, *, jobs: int) -> list[str]:
        """The command's words, for a new OUT."""
        options = ["--assignment", str(self.assignment), "--jobs", str(jobs)]
        out = ["--out", str(next(self._outs))]
        return [sys.executable, "-m", "grader", "grade", str(what), *options, *out]

    def seconds(self, what: Path, *, jobs: int) -> float:
        """Wall seconds of grading all of `what`."""
        return timed(self.words(what, jobs=jobs), self.scratch)

    def growth(self, what: Path, *, jobs: int) -> tuple[float, float, float]:
        """Wall seconds, peak memory of the largest process in MB, and seconds of the same
        command once more, when nothing is left to do.
        """
        words = self.words(what, jobs=jobs)
        seconds, peak = measured(words, self.scratch)
        return seconds, peak, timed(words, self.scratch)
