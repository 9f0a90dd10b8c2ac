"""Attacks upon ourselves, run as a student's code is run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

import msgspec

from grader.doctor.attacks import (
    LIMITS,
    OUTLIVE,
    STRAY,
    TAKE_MEMORY,
    TAKE_SOCKETS,
    TAKE_TIME,
    WAIT,
    attempts,
)
from grader.doctor.finding import Attempted, Finding, Name
from grader.doctor.victims import Victims
from grader.protocol import CellCode, CellDone, Limits, RunRequest
from grader.records.scorecard import Isolation
from grader.sandbox import RunOutcome, Sandbox

_PATIENCE = 3.0
"""Seconds within which what a run left behind must have gone."""

PATIENT = msgspec.structs.replace(LIMITS, cell_seconds=5, total_seconds=60)
"""For the attempts that end by themselves: one that a busy machine cuts off was never made."""


class Examination(NamedTuple):
    """What was found out about this machine."""

    isolation: Isolation
    findings: tuple[Finding, ...]


def examine(sandbox: Sandbox, names: Sequence[Name] | None = None) -> Examination:
    """Try every protection, or those in `names`. Linux.

    Raises `UnsafeError` or `InfrastructureError` as a grading run would.
    """
    with Victims() as victims:
        tried = attempts(victims)
        sources = chain.from_iterable(each.values() for each in tried.values())
        outcome = _run(sandbox, *sources, limits=PATIENT)
        results = _sorted_out(tried, outcome)
        results["files"] += [Attempted("leave a file there", not victims.written())]
        results["network"] += [Attempted("be heard by UDP", not victims.heard())]
        results["signals"] += [Attempted("change another process", victims.untouched())]
    results["memory"] += [
        _ended_by("out_of_memory", sandbox, "take all memory", TAKE_MEMORY),
        _ended_by("out_of_memory", sandbox, "hide memory in sockets", TAKE_SOCKETS),
    ]
    results["processes"] += [_outlives(sandbox)]
    results["time"] = [
        _ended_by("timed_out", sandbox, "compute without end", TAKE_TIME),
        _ended_by("timed_out", sandbox, "wait without end", WAIT),
    ]
    findings = (
        Finding(name, getattr(outcome.isolation, name), tuple(attempted))
        for name, attempted in results.items()
        if names is None or name in names
    )
    return Examination(outcome.isolation, tuple(findings))


def _run(sandbox: Sandbox, *sources: str, limits: Limits = LIMITS) -> RunOutcome:
    cells = [CellCode(index=index, source=source) for index, source in enumerate(sources)]
    return sandbox.run(
        RunRequest(cells=cells, gradients={}, inputs={}, forward={}, limits=limits, data="")
    )


def _sorted_out(
    tried: Mapping[Name, Mapping[str, str]], outcome: RunOutcome
) -> dict[Name, list[Attempted]]:
    """Which attempts failed; one that was never made counts as one that succeeded."""
    done = {event.index: event for event, _ in outcome.events if isinstance(event, CellDone)}
    cells = count()
    return {
        name: [Attempted(what, _raised(done.get(next(cells)))) for what in sources]
        for name, sources in tried.items()
    }


def _raised(cell: CellDone | None) -> bool:
    return cell is not None and (cell.status == "error" or bool(cell.soft_errors))


def _ended_by(status: str, sandbox: Sandbox, what: str, source: str) -> Attempted:
    outcome = _run(sandbox, source)
    # The limit on address space may come first, as an error in the cell.
    errors = [event.error for event, _ in outcome.events if isinstance(event, CellDone)]
    return Attempted(what, outcome.status == status or any("Memory" in str(e) for e in errors))


def _outlives(sandbox: Sandbox) -> Attempted:
    _run(sandbox, OUTLIVE)
    deadline = time.monotonic() + _PATIENCE
    while (alive := _alive(STRAY)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return Attempted("outlive the run in a session of its own", not alive)


def _alive(name: str) -> bool:
    return any(_name_of(path) == name for path in Path("/proc").glob("[0-9]*/comm"))


def _name_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""  # it has ended meanwhile
