"""Marks: the table that turns a judged attempt into points and words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from msgspec.structs import asdict

from grader.assignment.spec import Rates
from grader.protocol.gradient import gradient_name
from grader.records.comparison import Comparison
from grader.records.scorecard import Basis, Diagnosis, Line, Step, TargetScore


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known about the attempt which counts, as plain data."""

    target: str
    """The tensor whose gradient is asked for."""
    comparison: Comparison
    """Its value against the reference."""
    step: Step = "unknown"
    """Whether its lines derive it rightly."""
    copied: bool = False
    """Its lines ask the autograd engine for it."""
    follows: bool = False
    """Its step is unknown, and its value follows from the student's own wrong gradients."""
    constant: bool = False
    """It depends neither on the network nor on what flows in."""
    own_forward: bool = False
    """It is wrong, but right for the student's own forward function."""
    coincides: bool = False
    """Its step is right only because something is zero."""
    exempt: bool = False
    """A slip in the forward pass is to blame for a wrong value: the step counts in full."""
    found_as: str | None = None
    """The student's own name for it."""
    attempt: str | None = None
    """Which attempt counted where there were several, "2 of 3"."""
    upstream: Sequence[str] = ()
    """The gradients that it was computed from."""
    lines: Sequence[Line] = ()
    """The student's lines that made it."""
    unproven: str | None = None
    """Why its lines cannot be followed."""
    root_cause: str | None = None
    """The gradient whose fault its wrong value is."""
    diagnosis: Diagnosis | None = None
    """Why its step is wrong."""


def basis_of(judgement: Judgement) -> Basis:
    """Why points are given: the first rule that applies."""
    right = judgement.comparison.right
    if judgement.comparison.verdict == "unjudged":
        return "none"
    if judgement.copied:
        return "copied" if right else "none"
    if judgement.constant:
        return "none"
    if right:
        if judgement.step == "unknown":
            return "value" if judgement.unproven is None else "unproven"
        return "value" if judgement.step == "right" else "coincidence"
    if judgement.own_forward:
        return "own_forward"
    if judgement.coincides and judgement.exempt and judgement.step == "wrong":
        return "coincidence"  # as with a right forward pass
    return "follow_through" if judgement.step == "right" or judgement.follows else "none"


def points(
    basis: Basis, max_score: float, rates: Rates, step: Step, *, exempt: bool = False
) -> float:
    """Points for a target worth `max_score`. exempt: see `Judgement`."""
    rate = {
        "value": 1.0,
        "unproven": rates.unproven,
        "follow_through": 1.0 if exempt else rates.follow_through,
        "coincidence": rates.coincidence,
        "own_forward": rates.own_forward,
        "copied": rates.copied,
        "none": 0.0,
    }[basis]
    if basis == "follow_through" and step == "unknown":
        rate *= rates.unproven
    return max_score * rate


def rescored(row: TargetScore, max_score: float, rates: Rates) -> TargetScore | None:
    """A row that was scored by these rates, for other points.

    None where it does not tell whether it was exempt: it was worth nothing.
    """
    reduced = row.basis == "follow_through" and rates.follow_through != 1.0
    if reduced and not row.max_score:
        return None
    exempt = reduced and row.score == row.max_score
    score = points(row.basis, max_score, rates, row.step, exempt=exempt)
    return msgspec.structs.replace(row, score=score, max_score=max_score)


_STARTS = re.compile(r"=[ ]*(?:\w+\.)*(?:zeros|empty)(?:_like)?\(")
"""`dC = torch.zeros_like(C)`: what a gradient is made of stands in a later line."""


def score_target(judgement: Judgement, *, max_score: float, rates: Rates) -> TargetScore:
    """The scorecard's row for one target."""
    basis = basis_of(judgement)
    alone = basis == "unproven" or (basis == "follow_through" and judgement.step == "unknown")
    lines = list(judgement.lines)
    begun = next((line for line in lines if not _STARTS.search(line.text)), None)
    shown = begun or next(iter(lines), None)
    return TargetScore(
        **asdict(judgement.comparison),
        name=gradient_name(judgement.target),
        of=judgement.target,
        step=judgement.step,
        basis=basis,
        score=points(basis, max_score, rates, judgement.step, exempt=judgement.exempt),
        max_score=max_score,
        cell=shown.cell if shown is not None else None,
        line=shown.line if shown is not None else None,
        lines=lines,
        found_as=judgement.found_as,
        attempt=judgement.attempt,
        upstream=list(judgement.upstream),
        root_cause=judgement.root_cause,
        unproven=judgement.unproven if alone else None,
        diagnosis=judgement.diagnosis,
    )
