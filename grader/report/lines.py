"""One target in a few plain lines, for places without room for a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from grader.records.comparison import RIGHT
from grader.records.scorecard import Line, TargetScore
from grader.report import figures
from grader.report.wording import Tone, explanation_of, verdict_of

SHOWN_LINES = 4


class Detail(NamedTuple):
    """Something to know about a target."""

    label: str
    text: str
    code: bool = False
    """The text is a line of the student's."""


def follows(target: TargetScore) -> bool:
    """Wrong only through what flowed in: known from its step, or, in `check()`, from values."""
    carried = target.basis == "follow_through" or target.step == "unknown"
    return target.root_cause is not None and carried


def tone_of(target: TargetScore) -> Tone:
    return "carried" if follows(target) else verdict_of(target).tone


def headline(target: TargetScore) -> str:
    """The verdict in words, with the figure that belongs to it."""
    if follows(target):
        return f"wrong, follows from {target.root_cause}"
    label = verdict_of(target).label.lower().replace("nan or inf", "NaN or Inf")
    if target.verdict == "mismatch" and target.basis == "none" and target.max_diff is not None:
        return f"{label}, off by {figures.difference(target.max_diff)}"
    return label


def mismatch_of(target: TargetScore) -> str | None:
    """How far a wrong value is off, unless that comes from further up."""
    greatest, at, allowed = target.max_diff, target.at, target.allowed
    if greatest is None or at is None or allowed is None:
        return None
    if target.verdict != "mismatch" or target.basis != "none" or follows(target):
        return None
    return figures.mismatch(target.off or 0.0, greatest, at, allowed)


def details(target: TargetScore) -> Iterator[Detail]:
    """The student's lines, then why they are wrong and where to look; nothing if all is well."""
    if (target.verdict not in RIGHT or target.basis != "value") and not follows(target):
        yield from _code(target)
        if target.basis != "none":
            yield Detail("", explanation_of(target))
    if target.found_as:
        yield Detail("note", f"found as `{target.found_as}`")
    if target.note:
        yield Detail("note", target.note)
    if target.diagnosis:
        yield Detail("why", target.diagnosis.why)
        yield Detail("look at", target.diagnosis.look_at)
    if (figure := mismatch_of(target)) is not None:
        yield Detail("off by", figure)


def _code(target: TargetScore) -> Iterator[Detail]:
    for line in target.lines[:SHOWN_LINES]:
        yield Detail(_place(line), line.text.rstrip(), code=True)
    left_out = len(target.lines) - SHOWN_LINES
    if left_out > 0:
        yield Detail("", f"… and {figures.count(left_out, 'more line')}")


def _place(line: Line) -> str:
    return figures.place(line.cell, line.line)
