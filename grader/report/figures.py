"""Numbers as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence


def points(value: float) -> str:
    """At most two decimals: 31.5, 44, 0.33."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def signed(value: float) -> str:
    """Points given or taken: +2, −4.3, 0."""
    text = points(abs(value))
    return text if text == "0" else f"+{text}" if value > 0 else f"−{text}"


def difference(value: float | None) -> str:
    """A greatest absolute difference: 0, 1.9e-09, 0.031."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    return "0" if value == 0 else f"{value:.2g}"


def mismatch(off: float, max_diff: float, at: Sequence[int], allowed: float) -> str:
    """How far a value is off, and where it is most: as torch's own assertions say it."""
    elements = "fewer than 1%" if off < 0.01 else percent(off)
    where = f" at {list(at)}" if at else ""
    return (
        f"{elements} of the elements differ; the greatest difference is {difference(max_diff)}"
        f"{where}, where {difference(allowed)} is allowed"
    )


def shape(dimensions: Sequence[int] | None) -> str:
    """As Python prints it: (32, 27), (64,), ()."""
    return "–" if dimensions is None else str(tuple(dimensions))


def answer(value: bool | None) -> str:
    return "–" if value is None else "yes" if value else "no"


def percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def share(score: float, max_score: float) -> float:
    """Between 0 and 1, also where nothing could be earned."""
    return min(max(score / max_score, 0.0), 1.0) if max_score > 0 else 0.0


def count(number: int, noun: str) -> str:
    """1 submission, 3 submissions."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def place(cell: int | None, line: int | None) -> str:
    """Where something stands in the student's file; empty if it is not known."""
    parts = [
        f"{noun} {number}"
        for noun, number in (("cell", cell), ("line", line))
        if number is not None
    ]
    return ", ".join(parts)
