"""What each process of a run takes above its template: its proportional set size, which counts
its share of what it has in common with others, and what it has alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from pathlib import Path

from grader.protocol import determinism

determinism.apply()

from grader.assignment import load_assignment  # noqa: E402
from grader.execution.data_files import staged  # noqa: E402
from grader.pipeline import Grader  # noqa: E402
from grader.sandbox import open_sandbox  # noqa: E402
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
    found = {"processes": len(look.peaks)}
    for number, name in enumerate(("shared", "own")):
        sizes = sorted(peak[number] / 1024 for peak in look.peaks.values())
        found |= {f"{name}_median_mb": sizes[len(sizes) // 2], f"{name}_most_mb": sizes[-1]}
    print(json.dumps(found))


class _Look:
    """Looks at all processes that were not there before, every few milliseconds."""

    def __init__(self, before: set[Process]) -> None:
        self.peaks: dict[Process, tuple[int, int]] = {}
        """Greatest proportional set size of each, and greatest size of its own, in kB."""
        self._before = before
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(INTERVAL):
            for one in _below_this() - self._before:
                shared, own = self.peaks.get(one, (0, 0))
                now, now_own = _sizes(one[0])
                self.peaks[one] = max(shared, now), max(own, now_own)


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


def _sizes(number: int) -> tuple[int, int]:
    """Proportional set size, and memory that no other process has, in kB."""
    try:
        lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0, 0
    sizes = {name: int(rest.split()[0]) for name, _, rest in (x.partition(":") for x in lines[1:])}
    return sizes["Pss"], sizes["Private_Clean"] + sizes["Private_Dirty"]


main(*sys.argv[1:])
