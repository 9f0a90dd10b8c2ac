"""The record of one comparison: a student's value held against the reference gradient."""

from __future__ import annotations

from typing import Literal

import msgspec

Verdict = Literal[
    "exact", "close", "mismatch", "wrong_shape", "wrong_type", "non_finite", "missing", "unjudged"
]
RIGHT: frozenset[str] = frozenset({"exact", "close"})
"""Verdicts whose value is right."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What comparing one value gave; the scorecard's row has the same fields."""

    verdict: Verdict
    """What the value is; `exact` and `close` are right."""
    exact: bool | None = None
    """Bitwise equal to autograd; None where there was nothing to compare."""
    allclose: bool | None = None
    """`torch.allclose` with torch's defaults: information, not the verdict."""
    max_diff: float | None = None
    """Greatest absolute difference of an element."""
    at: list[int] | None = None
    """Index of the greatest difference in the reference gradient."""
    allowed: float | None = None
    """Absolute difference that the assignment's tolerance allows there."""
    off: float | None = None
    """Fraction of elements outside the tolerance, 0 to 1."""
    shape: list[int] | None = None
    """Shape of the student's value."""
    expected_shape: list[int] | None = None
    """Shape of the reference gradient."""
    dtype: str | None = None
    """Type of the student's numbers, "float32"."""
    note: str | None = None
    """What a person should know of the value: another shape of the same numbers, another type."""

    @property
    def right(self) -> bool:
        """Whether the value is right to the tolerance."""
        return self.verdict in RIGHT
