"""The large budget of `make fuzz`: counts, rates, and the slowest of each kind."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from conftest import BUNDLED, SOLUTION
from fuzzing import (
    Runs,
    flipped,
    is_graded,
    is_judged,
    is_read_and_understood,
    is_taken_in,
    limited,
)
from hypothesis import HealthCheck, given, settings
from strategies.classes import check_class, classes
from strategies.frames import changes
from strategies.notebooks import files

from grader.assignment import load_assignment
from grader.execution.data_files import staged
from grader.pipeline import Grader
from grader.sandbox import open_sandbox


class Tally:
    """How many were tried, how long it took, and which took longest."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.count = 0
        self.extra = 0
        self.slowest = 0.0
        self.which: Any = None
        self._begun = time.monotonic()

    @contextmanager
    def one(self, which: Any) -> Iterator[None]:
        begun = time.monotonic()
        yield
        took = time.monotonic() - begun
        self.count += 1
        if took > self.slowest:
            self.slowest, self.which = took, which

    def tell(self) -> None:
        took = time.monotonic() - self._begun
        if not self.count:
            return
        more = f" ({self.extra:,} frames)" if self.extra else ""
        print(
            f"{self.what}: {self.count:,}{more} in {took:.0f} s, {self.count / took:.0f} a second, "
            f"the slowest {self.slowest:.2f} s",
            flush=True,
        )
        if self.slowest > 10:
            print(f"  {str(self.which)[:2000]}")


def tried(number: int, strategy: Any, attempt: Callable[[Any], object]) -> None:
    """So many examples of a strategy; none at all for 0."""
    if not number:
        return
    many = settings(max_examples=number, deadline=None, suppress_health_check=list(HealthCheck))
    many(given(strategy)(attempt))()


def main() -> int:
    """Exit status 1 with the smallest example that fails, if any does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebooks", type=int, default=10_000)
    parser.add_argument("--graded", type=int, default=300, help="of them through the sandbox")
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--judged", type=int, default=1_000, help="whole runs, in frames more")
    parser.add_argument("--classes", type=int, default=5_000, help="folders of every layout")
    options = parser.parse_args()
    tally = Tally("class folders")

    def of_one(paths: list[str]) -> None:
        with tally.one(paths), tempfile.TemporaryDirectory(prefix="classes-") as work:
            check_class(paths, Path(work))

    tried(options.classes, classes, of_one)
    tally.tell()
    assignment = load_assignment(BUNDLED)
    with ExitStack() as stack:
        data = stack.enter_context(staged(assignment))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sandbox = stack.enter_context(open_sandbox(data_dirs=[data]))
        grader = Grader(limited(assignment), sandbox, data)

        tally = Tally("notebooks read and analysed")

        def read(file: tuple[str, bytes]) -> None:
            with tally.one(file):
                is_read_and_understood(*file, assignment)

        tried(options.notebooks, files, read)
        tally.tell()

        tally = Tally("notebooks graded in the sandbox")

        def grade(file: tuple[str, bytes]) -> None:
            with tally.one(file):
                is_graded(*file, grader, folder)

        tried(options.graded, files, grade)
        tally.tell()

        runs = Runs(grader, SOLUTION, BUNDLED / "examples" / "emma.py")
        tally = Tally("frames with one byte changed")
        total = sum(1 for _ in flipped(runs, first=0, stride=1))
        stride = max(1, round(total / options.frames))
        for frame in flipped(runs, first=0, stride=stride):
            with tally.one(frame[:200]):
                is_taken_in(frame)
        tally.tell()

        tally = Tally("runs with frames changed, judged")

        def judge(example: tuple[int, list[Any]]) -> None:
            phases = runs.spoilt(*example)
            with tally.one(example):
                is_judged(runs, phases, notebook=tally.count % 20 == 0)
            tally.extra += sum(map(len, runs.phases))

        tried(options.judged, changes, judge)
        tally.tell()
    return 0


if __name__ == "__main__":
    sys.exit(main())
