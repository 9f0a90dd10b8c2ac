"""When two tensors are the same up to rounding, and when one is a multiple of the other.

All in float64. The tolerance has a part relative to the element as well as one relative to the
greatest: gradients such as dlogprobs / probs spread over four decades, where the second alone
would let anything pass for the small ones.
"""

from __future__ import annotations

import torch

RELATIVE = 1e-4
ABSOLUTE = 2e-5
ROUNDING = 2e-6
"""Of float32 sums, relative to the greatest of the terms: the `floor` of a difference."""
SIGNIFICANT = 50
"""Times the floor: a difference that is not greater tells nothing."""


def same(a: torch.Tensor, b: torch.Tensor, floor: float = 0.0) -> bool:
    """Whether a equals b: same shape, every element |a − b| ≤ 1e-4·|b| + 2e-5·max|b| + floor."""
    if a.shape != b.shape or not b.numel():
        return False
    size = b.abs()
    allowed = RELATIVE * size + (ABSOLUTE * float(size.max()) + floor)
    return bool(((a - b).abs() <= allowed).all())


def multiple(a: torch.Tensor, b: torch.Tensor, floor: float = 0.0) -> float | None:
    """The number c with a = c·b; None where there is none, or c·b is lost in the rounding.

    A single pair of numbers always has a ratio: then only 1 and −1 count.
    """
    if a.shape != b.shape or not b.numel():
        return None
    norm = float((b * b).sum())
    c = float((a * b).sum()) / norm if norm > 0 else 0.0
    if abs(c) * float(b.abs().max()) <= SIGNIFICANT * floor:
        return None
    if b.numel() == 1 and not is_number(abs(c), 1.0):
        return None
    return c if c and same(a, c * b, floor) else None


def is_number(c: float | None, value: float) -> bool:
    """Whether a fitted number is meant to be `value`."""
    return c is not None and abs(c - value) <= RELATIVE * max(1.0, abs(value))
