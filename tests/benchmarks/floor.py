"""One submission with everything against the least that it can cost, in turn, in one process.

The floor: two forks, of which one runs the student's own cells plainly, from before the first, and
the other, which stands for the clean room's child, ends at once.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from grader.protocol import determinism

determinism.apply()

from msgspec.structs import replace  # noqa: E402
from timing import Times  # noqa: E402

import grader.exercises.script.script  # noqa: E402
from grader.analysis.study import run_request, starter_cells  # noqa: E402
from grader.assignment import Assignment, load_assignment  # noqa: E402
from grader.cleanroom.inspection import Inspection  # noqa: E402
from grader.execution.data_files import staged  # noqa: E402
from grader.execution.session import GradingSession  # noqa: E402
from grader.exercises.script.candidate import choose  # noqa: E402
from grader.protocol import RunRequest, encode  # noqa: E402
from grader.report import Reports  # noqa: E402
from grader.sandbox import open_sandbox  # noqa: E402
from grader.sandbox.supervise import Supervision  # noqa: E402
from grader.submission import Submission  # noqa: E402
from grader.worker.run import Run  # noqa: E402
from grader.worker.warm import warm_up  # noqa: E402

WARM = 6
JUDGING = "judging steps"
OTHER = "reference, comparing, marking"
PARTS = (
    "reading and analysis",
    "ordinary run",
    "clean room",
    JUDGING,
    OTHER,
    "writing the scorecard",
)


def main(folder: str, *notebooks: str) -> None:
    assignment = load_assignment(Path(folder))
    warm_up()
    spent = _watched()
    floors, ours, parts = [], [], []
    with (
        tempfile.TemporaryDirectory() as name,
        staged(assignment) as data,
        open_sandbox([data]) as sandbox,
    ):
        reports = Reports(Path(name) / "out")
        session = GradingSession(assignment, reports=reports, within=(data, sandbox))
        for path in notebooks:
            submission = Submission(id="x", candidates=(Path(path),), origin=path)
            floors.append(_floor(_request(submission, assignment, data), Path(name)))
            spent.clear()
            before = time.perf_counter()
            session.grade(submission)
            ours.append(time.perf_counter() - before)
            parts.append(Counter(spent))
    print(json.dumps(_record(floors[WARM:], ours[WARM:], parts[WARM:])))


def _request(submission: Submission, assignment: Assignment, data: Path) -> RunRequest:
    study: Any = choose(submission, assignment).study
    return run_request(study, assignment, data=str(data), starter=starter_cells(assignment))


def _floor(request: RunRequest, scratch: Path) -> tuple[float, float]:
    """Seconds of the two forks, from a process that has run the shared cells."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.chdir(scratch)
        plain = replace(request, cells=[replace(cell, hooks=[]) for cell in request.cells])
        shared = Run(plain, b"", _send)
        shared.prepare()
        shared.cells(plain.cells[: plain.shared])
        seconds = [_forked(shared, plain), _forked(shared, None)]
        os.write(writing, json.dumps(seconds).encode())
        os._exit(0)
    os.close(writing)
    os.wait()
    with open(reading, "rb") as file:  # noqa: PTH123 - a descriptor
        plainly, nothing = json.load(file)
    return plainly, nothing


def _forked(begun: Run, request: RunRequest | None) -> float:
    before = time.perf_counter()
    if os.fork() == 0:
        if request is None:
            os._exit(0)
        begun.request = request
        begun.recorder.go_on(request, _send)
        begun._compile(request.cells[request.shared :])
        begun.cells(request.cells[request.shared :])
        begun.end()
        os._exit(0)
    os.wait()
    return time.perf_counter() - before


def _send(message: Any, blob: bytes) -> None:
    encode(message, blob)


class Watch:
    """Seconds by part of the grader: each part's own, without the parts within it."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._open: list[str] = []
        self._since = 0.0

    def of(self, owner: Any, name: str, part: str, within: dict[str, str] | None = None) -> None:
        """Count a function as `part`, or as another where it is called within one."""
        original = getattr(owner, name)

        def timed(*arguments: Any, **named: Any) -> Any:
            inner = (within or {}).get(self._open[-1], part) if self._open else part
            self._turn()
            self._open.append(inner)
            try:
                return original(*arguments, **named)
            finally:
                self._turn()
                self._open.pop()

        setattr(owner, name, timed)

    def _turn(self) -> None:
        now = time.perf_counter()
        if self._open:
            self.spent[self._open[-1]] += now - self._since
        self._since = now


def _watched() -> Counter[str]:
    watch = Watch()
    watch.of(GradingSession, "grade", OTHER)
    watch.of(grader.exercises.script.script, "chosen", "reading and analysis")
    watch.of(Supervision, "phase", "ordinary run", within={JUDGING: "clean room"})
    watch.of(Inspection, "run", JUDGING)
    watch.of(Reports, "write_scorecard", "writing the scorecard")
    return watch.spent


def _record(
    floors: list[tuple[float, float]], ours: list[float], spent: list[Counter[str]]
) -> dict[str, Any]:
    ratios = [mine / sum(least) for mine, least in zip(ours, floors, strict=True)]
    return {
        "floor": Times(tuple(map(sum, floors))).record(),
        "floor_parts": {
            part: statistics.median(each[number] for each in floors)
            for number, part in enumerate(("ordinary run", "clean room"))
        },
        "grader": Times(tuple(ours)).record(),
        "parts": {part: statistics.median(each[part] for each in spent) for part in PARTS},
        "ratio": statistics.median(ratios),
    }


main(*sys.argv[1:])
