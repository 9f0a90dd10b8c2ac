"""Points as whole numbers, for services that take no others.

1. If some gradient is worth a fraction of a point, all points are multiplied by the least
   factor up to 100 that makes every *maximum* whole. It follows from the assignment alone,
   so that all students of a class have the same maximum.
2. The total is rounded half up: a doubtful half is the student's.
3. Each gradient gets the whole part of its score; what is left to the total goes to the
   greatest fractions, the earlier of equals. So the parts add up to the total, and none
   exceeds its maximum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

MAX_FACTOR = 100
_DIGITS = 6
"""Scores are products of points and rates: below this there is only rounding noise."""


class WholePoints(msgspec.Struct, frozen=True):
    """Scores and maxima in the order given, all whole, and what they were multiplied by."""

    factor: int
    scores: list[int]
    maxima: list[int]

    @property
    def score(self) -> int:
        return sum(self.scores)

    @property
    def maximum(self) -> int:
        return sum(self.maxima)


def whole_points(rows: Sequence[tuple[float, float]]) -> WholePoints:
    """`rows`: score and maximum of each gradient, 0 ≤ score ≤ maximum."""
    factor = next(
        (n for n in range(1, MAX_FACTOR) if all(_is_whole(most * n) for _, most in rows)),
        MAX_FACTOR,
    )
    maxima = [math.ceil(round(most * factor, _DIGITS)) for _, most in rows]
    exact = [round(score * factor, _DIGITS) for score, _ in rows]
    scores = [math.floor(score) for score in exact]
    left = math.floor(round(sum(exact), _DIGITS) + 0.5) - sum(scores)
    by_fraction = sorted(range(len(rows)), key=lambda i: scores[i] - exact[i])
    for i in by_fraction[:left]:
        scores[i] += 1
    return WholePoints(factor, scores, maxima)


def _is_whole(number: float) -> bool:
    return round(float(number), _DIGITS).is_integer()
