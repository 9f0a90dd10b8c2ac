"""What one run takes above its template: the proportional set size of its processes."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from pathlib import Path

from grader import pins

pins.apply()

from grader.assignment import load_assignment  # noqa: E402
from grader.pipeline import Grader  # noqa: E402
from grader.sandbox import open_sandbox  # noqa: E402
from grader.staging import staged  # noqa: E402
from grader.submission import Submission  # noqa: E402

WARM = 4
INTERVAL = 0.004
Process = tuple[int, int]
"""Number and time of start: numbers come again."""


def main(folder: str, *notebooks: str) -> None:
    assignment = load_assignment(Path(folder))
    with (
        tempfile.TemporaryDirectory(),
        staged(assignment) as data,
        open_sandbox([data]) as sandbox,
    ):
        grader = Grader(assignment, sandbox, data)
        for path in notebooks[:WARM]:  # after which there is a template
            grader.grade(Submission(id="x", candidates=(Path(path),), origin=path))
        time.sleep(1)
        look = _Look(_below_this())
        for path in notebooks[WARM:]:
            grader.grade(Submission(id="x", candidates=(Path(path),), origin=path))
        look.end()
    peaks = sorted(look.peaks.values())
    print(
        json.dumps(
            {
                "processes": len(peaks),
                "median_mb": peaks[len(peaks) // 2] / 1024,
                "most_mb": peaks[-1] / 1024,
                "at_once_mb": look.at_once / 1024,
            }
        )
    )


class _Look:
    """Looks at all processes that were not there before, every few milliseconds."""

    def __init__(self, before: set[Process]) -> None:
        self.peaks: dict[Process, int] = {}
        """Greatest proportional set size of each, in kB."""
        self.at_once = 0
        """Of all together."""
        self._before = before
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(INTERVAL):
            sizes = {one: _size(one[0]) for one in _below_this() - self._before}
            self.at_once = max(self.at_once, sum(sizes.values()))
            for one, size in sizes.items():
                self.peaks[one] = max(self.peaks.get(one, 0), size)


def _below_this() -> set[Process]:
    """All processes that this one has started, and those that they have."""
    parents: dict[int, tuple[int, int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1]), int(fields[19])
    below, level = set(), {int(Path("/proc/self").resolve().name)}
    while level:
        level = {number for number, (parent, _) in parents.items() if parent in level}
        below |= {(number, parents[number][1]) for number in level}
    return below


def _size(number: int) -> int:
    try:
        lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


main(*sys.argv[1:])
