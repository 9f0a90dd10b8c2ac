"""Hypotheses about paths: the contribution of a consumer is not there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import torch

from grader.diagnosis.case import LOSS, Case
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.match import SIGNIFICANT, same
from grader.diagnosis.wording import ticked
from grader.records.scorecard import Diagnosis

MAX_PATHS = 6
"""Tried in all combinations."""


def missing_path(case: Case) -> Diagnosis | None:
    """The right answer without one or more consumers."""
    if case.student is None or not bool(case.student.any()):
        return None
    for lost in _subsets(case):
        without = case.expected - sum_of(case, lost)
        if same(case.student, without, case.floor) and _matters(case, without):
            kept = [name for name in case.contributions if name not in lost]
            if case.context.accumulates and len(kept) == 1:
                return _overwritten(case, lost, kept)
            return _missing(case, lost)
    return None


def sum_of(case: Case, names: tuple[str, ...]) -> torch.Tensor:
    """What these consumers contribute together."""
    return torch.stack([case.contributions[name] for name in names]).sum(0)


def _missing(case: Case, lost: tuple[str, ...]) -> Diagnosis:
    via = (
        "what comes straight from the loss"
        if lost == (LOSS,)
        else f"the way through {ticked(lost)}"
    )
    return diagnosis(
        "missing_path",
        f"`d{case.target}` is right but for {via}, which is not in it.",
        f"Find every forward line that uses `{case.target}`: each of them sends something back.",
        missing=list(lost),
    )


def _overwritten(case: Case, lost: tuple[str, ...], kept: list[str]) -> Diagnosis:
    return diagnosis(
        "overwritten",
        f"Only the part through {ticked(kept)} is left in `d{case.target}`; what came through "
        f"{ticked(lost)} is lost.",
        f"Look at the lines that write `d{case.target}` in turn: does a later one keep what an "
        "earlier one has collected?",
        missing=list(lost),
        kept=kept,
    )


def _matters(case: Case, without: torch.Tensor) -> bool:
    """Whether the paths that are left are more than rounding."""
    return float(without.abs().max()) > SIGNIFICANT * case.floor


def _subsets(case: Case) -> Iterator[tuple[str, ...]]:
    names = list(case.contributions)[:MAX_PATHS]
    for size in range(1, len(names)):
        yield from combinations(names, size)
