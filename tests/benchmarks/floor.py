"""One submission with everything against the least that it can cost, in turn, in one process.

The floor: two forks of a process that stands before the student's first own cell, one runs
the student's own cells plainly, one under the audit's instrumentation.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader import pins

pins.apply()

from msgspec.structs import replace  # noqa: E402

import grader.pipeline  # noqa: E402
from grader.analysis.study import run_request, starter_cells  # noqa: E402
from grader.assignment import Assignment, load_assignment  # noqa: E402
from grader.audit import Auditor  # noqa: E402
from grader.batch import Desk, Work  # noqa: E402
from grader.candidate import choose  # noqa: E402
from grader.report import Reports  # noqa: E402
from grader.sandbox import open_sandbox  # noqa: E402
from grader.sandbox.supervise import Supervision  # noqa: E402
from grader.staging import staged  # noqa: E402
from grader.submission import Submission  # noqa: E402
from grader.wire import Audit, RunRequest, encode  # noqa: E402
from grader.worker.phases import Asked  # noqa: E402
from grader.worker.run import Run  # noqa: E402
from grader.worker.warm import warm_up  # noqa: E402

WARM = 6
AUDIT = Audit(seed=1, jitter=0.1, perturbation=0.25)


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
        desk = Desk(Work(assignment=assignment, sandbox=sandbox, data=data, reports=reports))
        for path in notebooks:
            submission = Submission(id="x", candidates=(Path(path),), origin=path)
            floors.append(_floor(_request(submission, assignment, data), Path(name)))
            spent.clear()
            before = time.perf_counter()
            desk.grade(submission)
            ours.append(time.perf_counter() - before)
            parts.append(Counter(spent))
    _print(floors[WARM:], ours[WARM:], parts[WARM:])


def _request(submission: Submission, assignment: Assignment, data: Path) -> RunRequest:
    study: Any = choose(submission, assignment).study
    return run_request(study, assignment, data=str(data), starter=starter_cells(assignment))


def _floor(request: RunRequest, scratch: Path) -> float:
    """Seconds of the two forks, from a process that has run the shared cells."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.chdir(scratch)
        plain = replace(request, cells=[replace(cell, hooks=[]) for cell in request.cells])
        shared = Run(plain, b"", _send, lambda: None)
        shared.prepare()
        shared.cells(plain.cells[: plain.shared])
        seconds = [_forked(shared, plain, None), _forked(shared, request, Asked(AUDIT, b""))]
        os.write(writing, repr(sum(seconds)).encode())
        os._exit(0)
    os.close(writing)
    os.wait()
    with open(reading, "rb") as file:  # noqa: PTH123 - a descriptor
        return float(file.read())


def _forked(begun: Run, request: RunRequest, asked: Asked | None) -> float:
    before = time.perf_counter()
    if os.fork() == 0:
        begun.request = request
        begun.recorder.go_on(request, _send, _once(asked))
        begun._compile(request.cells[request.shared :])
        begun.cells(request.cells[request.shared :])
        begun.end()
        os._exit(0)
    os.wait()
    return time.perf_counter() - before


def _once(asked: Asked | None) -> Callable[[], Asked | None]:
    left = [asked]
    return lambda: left.pop() if left else None


def _send(message: Any, blob: bytes) -> None:
    encode(message, blob)


def _watched() -> Counter[str]:
    """Seconds by part, counted from now on in the parts themselves."""
    spent: Counter[str] = Counter()

    def watch(owner: Any, name: str, part: str) -> None:
        original = getattr(owner, name)

        def timed(*arguments: Any, **named: Any) -> Any:
            before = time.perf_counter()
            try:
                return original(*arguments, **named)
            finally:
                spent[part] += time.perf_counter() - before

        setattr(owner, name, timed)

    watch(grader.pipeline, "choose", "reading and analysis")
    watch(Supervision, "phase", "waiting for both runs")
    watch(Auditor, "audit", "the audit, its run included")
    watch(Reports, "write_scorecard", "writing the scorecard")
    return spent


def _print(floors: list[float], ours: list[float], spent: list[Counter[str]]) -> None:
    ratios = [mine / least for mine, least in zip(ours, floors, strict=True)]
    print("One submission of a class that kept the starter's set-up, one job")
    print(f"  floor         {statistics.median(floors) * 1000:7.0f} ms   ({_spread(floors)})")
    print(f"  grader        {statistics.median(ours) * 1000:7.0f} ms   ({_spread(ours)})")
    print(f"  ratio         {statistics.median(ratios):7.2f}      (at most 2)")
    for part in spent[0]:
        seconds = statistics.median(each[part] for each in spent)
        print(f"    of this {part:30} {seconds * 1000:7.0f} ms")


def _spread(seconds: list[float]) -> str:
    return f"{min(seconds) * 1000:.0f} – {max(seconds) * 1000:.0f}"


main(*sys.argv[1:])
