"""Whoever earns nothing in an exercise is told why, in one sentence."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from grader.printable import printable
from grader.records.scorecard import CellResult, ExerciseScore, TargetScore

MAX_NAMES = 3
WITHOUT_VALUE = frozenset({"unfinished", "raises", "stopped"})
"""Codes of functions that gave nothing which could be wrong."""
UNWRITTEN = "no line computes "
_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w-]+)[\w.-]*'")
_PYTHON_2 = re.compile(
    r"Missing parentheses in call to|multiple exception types must be|leading zeros"
)


def with_causes(
    exercises: Sequence[ExerciseScore],
    cells: Sequence[CellResult],
    *,
    stopped: str | None,
    reasons: Sequence[str],
) -> list[ExerciseScore]:
    """Exercises that earned nothing, each with its cause.

    stopped: why the run did not come to its end; reasons: what is wrong with the forward passes.
    """
    return [
        each
        if each.score or not each.max_score
        else replace(each, cause=_cause(each.targets, cells, stopped, reasons))
        for each in exercises
    ]


def needed_packages(cells: Iterable[CellResult]) -> list[str]:
    """Packages that were not there when a line had to have them."""
    found = (_MODULE.search(cell.error or "") for cell in cells)
    return list(dict.fromkeys(match[1] for match in found if match))


def _cause(
    rows: Sequence[TargetScore],
    cells: Sequence[CellResult],
    stopped: str | None,
    reasons: Sequence[str],
) -> str:
    if unjudged := [row for row in rows if row.verdict == "unjudged"]:
        why = next((row.note for row in unjudged if row.note), None) or next(iter(reasons), "")
        return f"{_names(unjudged)} could not be judged{f': {why}' if why else ''}"
    if tried := [row for row in rows if _is_told(row)]:
        return _of_values(tried)
    if written := [row for row in rows if row.lines]:
        return stopped or _of_cells(written, cells)
    if unread := next((cell for cell in cells if "SyntaxError" in (cell.error or "")), None):
        return told(unread)
    if reasons:
        return f"its gradients were not found: {reasons[0]}"
    return stopped or f"{UNWRITTEN}{_names(rows)}"


def _is_told(row: TargetScore) -> bool:
    """Whether the row itself says what is wrong: with a value, or with why there is none."""
    return row.verdict != "missing" or (
        row.diagnosis is not None and row.diagnosis.code in WITHOUT_VALUE
    )


def _of_values(rows: Sequence[TargetScore]) -> str:
    """Values are there, and none earned anything."""
    first = next((row for row in rows if row.diagnosis is not None), rows[0])
    if first.basis == "copied" or (first.note or "").startswith("computed from autograd"):
        return f"{_names(rows)}: autograd was asked"
    why = first.diagnosis.why if first.diagnosis is not None else first.note
    word = "wrong value" if first.verdict == "mismatch" else first.verdict.replace("_", " ")
    text = printable(why or word, limit=160).rstrip(".")  # others follow it on one line
    return text if text.startswith(f"`{first.name}`") else f"{first.name}: {text}"


def _of_cells(written: Sequence[TargetScore], cells: Sequence[CellResult]) -> str:
    """There are lines for gradients, which left no value: an error, of theirs or before them."""
    last = max((row.cell for row in written if row.cell is not None), default=None)
    failed = [c for c in cells if c.error and (last is None or c.index <= last)]
    needed = [cell for cell in failed if _MODULE.search(cell.error or "")]
    if first := next(iter(needed or failed), None):
        return told(first)
    return f"the lines for {_names(written)} were never reached"


def told(cell: CellResult) -> str:
    """What a cell's error means."""
    error = cell.error or ""
    if match := _MODULE.search(error):
        return f"no module named {match[1]} (cell {cell.index})"
    if _PYTHON_2.search(error) or "SyntaxError" in error:
        return told_of(error, f"cell {cell.index}")
    return f"cell {cell.index}: {printable(error, limit=160).rstrip(': ')}"


def told_of(error: str, where: str) -> str:
    """What it means that a cell or file cannot be read as Python."""
    if _PYTHON_2.search(error):
        return f"{where} is written for Python 2 ({printable(error, limit=120)})"
    version = ".".join(platform.python_version_tuple()[:2])
    return f"{where} is no Python {version}: {printable(error, limit=160)}"


def _names(rows: Sequence[TargetScore]) -> str:
    names = [row.name for row in rows]
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + more
