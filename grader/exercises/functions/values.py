"""What functions returned against the truth, case by case."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import torch
from msgspec.structs import replace

from grader.assignment import Tolerance
from grader.exercises.functions.returned import Outcome
from grader.marking.comparison import SEVERITY, compare, squeezed
from grader.protocol import Value
from grader.records.comparison import Comparison

COARSE = {"float16": 2e-2, "bfloat16": 1e-1}
"""Relative tolerance for numbers of few digits."""


class Valued(msgspec.Struct, frozen=True, kw_only=True):
    """One target in one case."""

    outcome: Outcome
    variant: int
    comparison: Comparison
    expected: torch.Tensor
    numbers: torch.Tensor | None = None


def valued(outcome: Outcome, target: str, variant: int, tolerance: Tolerance) -> Valued:
    """The best of the accepted readings."""
    readings = outcome.asked.case.truth(variant).gradients[target]
    value = outcome.returned.values.get(target, Value(kind="none"))
    numbers = outcome.numbers.get(value.key or "")
    return min(
        (
            Valued(
                outcome=outcome,
                variant=variant,
                comparison=_compared(outcome, value, numbers, expected, tolerance),
                expected=expected,
                numbers=numbers,
            )
            for expected in readings
        ),
        key=lambda each: SEVERITY[each.comparison.verdict],
    )


def _compared(
    outcome: Outcome,
    value: Value,
    numbers: torch.Tensor | None,
    expected: torch.Tensor,
    tolerance: Tolerance,
) -> Comparison:
    if outcome.raised:
        return Comparison(verdict="missing", expected_shape=list(expected.shape))
    return compared(value, numbers, expected, tolerance)


def compared(
    value: Value, numbers: torch.Tensor | None, expected: torch.Tensor, tolerance: Tolerance
) -> Comparison:
    """As for scripts, but arrays of any float type are what is asked for."""
    if rough := COARSE.get(value.dtype or ""):
        tolerance = replace(tolerance, rtol=rough, atol_rel=rough)
    kind = value.kind if numbers is None else "tensor"
    found = compare(replace(value, kind=kind, dtype=None), numbers, expected, tolerance)
    return replace(found, dtype=value.dtype)


def of_cases(cases: Iterable[Valued]) -> Valued:
    """The first wrong case; where all are right, the one that is furthest off."""
    known = list(cases)
    wrong = [each for each in known if not each.comparison.right]
    if wrong:
        return wrong[0]
    return max(
        known,
        key=lambda each: (SEVERITY[each.comparison.verdict], each.comparison.max_diff or 0.0),
    )


def is_value(
    outcome: Outcome, key: str, expected: torch.Tensor, tolerance: Tolerance
) -> bool | None:
    """Whether a forward value is the true one; None where there is none."""
    value = outcome.returned.values.get(key)
    numbers = outcome.numbers.get(value.key or "") if value is not None else None
    if outcome.raised or value is None or numbers is None:
        return None
    if squeezed(list(numbers.shape)) != squeezed(list(expected.shape)):
        return False
    return compared(value, numbers, expected, tolerance).right
