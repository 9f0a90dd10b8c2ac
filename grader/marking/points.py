"""Marks: the table that turns a judged attempt into points and words."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from grader.assignment.spec import Rates
from grader.records.scorecard import Basis, Diagnosis, Line, Step, TargetScore, Verdict


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known about the attempt which counts, as plain data."""

    target: str
    verdict: Verdict
    exact: bool | None = None
    allclose: bool | None = None
    max_diff: float | None = None
    shape: list[int] | None = None
    expected_shape: list[int] | None = None
    dtype: str | None = None
    step: Step = "unknown"
    copied: bool = False
    constant: bool = False
    exempt: bool = False
    """A slip in the forward pass is to blame for a wrong value: the step counts in full."""
    found_as: str | None = None
    attempt: str | None = None
    upstream: Sequence[str] = ()
    lines: Sequence[Line] = ()
    note: str | None = None
    unproven: str | None = None
    root_cause: str | None = None
    diagnosis: Diagnosis | None = None


def basis_of(judgement: Judgement) -> Basis:
    """Why points are given: the first rule that applies."""
    right = judgement.verdict in {"exact", "close"}
    if judgement.verdict == "unjudged":
        return "none"
    if judgement.copied:
        return "copied" if right else "none"
    if judgement.constant:
        return "none"
    if right:
        if judgement.step == "unknown":
            return "value" if judgement.unproven is None else "unproven"
        return "value" if judgement.step == "right" else "coincidence"
    return "follow_through" if judgement.step == "right" else "none"


def points(basis: Basis, max_score: float, rates: Rates, *, exempt: bool = False) -> float:
    """Points for a target worth `max_score`. exempt: see `Judgement`."""
    rate = {
        "value": 1.0,
        "unproven": rates.unproven,
        "follow_through": 1.0 if exempt else rates.follow_through,
        "coincidence": rates.coincidence,
        "copied": rates.copied,
        "none": 0.0,
    }[basis]
    return max_score * rate


def rescored(row: TargetScore, max_score: float, rates: Rates) -> TargetScore | None:
    """A row that was scored by these rates, for other points.

    None where it does not tell whether it was exempt: it was worth nothing.
    """
    reduced = row.basis == "follow_through" and rates.follow_through != 1.0
    if reduced and not row.max_score:
        return None
    exempt = reduced and row.score == row.max_score
    score = points(row.basis, max_score, rates, exempt=exempt)
    return msgspec.structs.replace(row, score=score, max_score=max_score)


def score_target(judgement: Judgement, *, max_score: float, rates: Rates) -> TargetScore:
    """The scorecard's row for one target."""
    basis = basis_of(judgement)
    lines = list(judgement.lines)
    return TargetScore(
        name=f"d{judgement.target}",
        of=judgement.target,
        verdict=judgement.verdict,
        exact=judgement.exact,
        allclose=judgement.allclose,
        max_diff=judgement.max_diff,
        shape=judgement.shape,
        expected_shape=judgement.expected_shape,
        dtype=judgement.dtype,
        step=judgement.step,
        basis=basis,
        score=points(basis, max_score, rates, exempt=judgement.exempt),
        max_score=max_score,
        cell=lines[0].cell if lines else None,
        line=lines[0].line if lines else None,
        lines=lines,
        found_as=judgement.found_as,
        attempt=judgement.attempt,
        upstream=list(judgement.upstream),
        root_cause=judgement.root_cause,
        unproven=judgement.unproven if basis == "unproven" else None,
        note=judgement.note,
        diagnosis=judgement.diagnosis,
    )
