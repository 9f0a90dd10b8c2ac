"""A student's value against the reference gradient: verdict and figures.

Attributes first, then the values, all in float64. Tolerances are scaled to the
tensor, because gradients of one network span many orders of magnitude.
"""

from __future__ import annotations

import math

import torch
from msgspec.structs import replace

from grader.assignment import Tolerance
from grader.protocol import TOO_LARGE, Value
from grader.records.comparison import Comparison, Verdict

SEVERITY: dict[Verdict, int] = {
    "exact": 0,
    "close": 1,
    "unjudged": 2,
    "mismatch": 3,
    "wrong_shape": 4,
    "non_finite": 5,
    "wrong_type": 6,
    "missing": 7,
}
"""From the best to the worst verdict."""


def compare(
    value: Value, numbers: torch.Tensor | None, expected: torch.Tensor, tolerance: Tolerance
) -> Comparison:
    """Compare a student's value with the reference gradient of the same target.

    value: what the worker says stood under the name; numbers: its data, any shape and
    real dtype, or None; expected: the gradient, any shape.
    """
    wanted = list(expected.shape)
    if value.kind == "none":
        return Comparison(verdict="missing", expected_shape=wanted, note="it is None")
    if numbers is None and value.note == TOO_LARGE and value.shape is not None:
        return _unseen(value, value.shape, wanted)
    if numbers is None:
        return Comparison(
            verdict="wrong_type",
            shape=value.shape,
            expected_shape=wanted,
            dtype=value.dtype,
            note=f"expected a tensor, found {value.note or value.kind}",
        )
    shape = list(numbers.shape)
    if squeezed(shape) != squeezed(wanted):
        return Comparison(
            verdict="wrong_shape",
            shape=shape,
            expected_shape=wanted,
            dtype=value.dtype,
            note=_shape_note(shape, wanted),
        )
    return _values(value, numbers.reshape(wanted), expected, tolerance, shape)


def _unseen(value: Value, shape: list[int], wanted: list[int]) -> Comparison:
    """Of a tensor that was too large to be looked at its shape is known."""
    fits = squeezed(shape) == squeezed(wanted)
    return Comparison(
        verdict="unjudged" if fits else "wrong_shape",
        shape=shape,
        expected_shape=wanted,
        dtype=value.dtype,
        note=f"{TOO_LARGE} to be looked at: raise tensor_elements or results_mb in [limits]"
        if fits
        else _shape_note(shape, wanted),
    )


def squeezed(shape: list[int]) -> list[int]:
    """A shape without its dimensions of size 1."""
    return [size for size in shape if size != 1]


def greatest(numbers: torch.Tensor) -> float:
    """The greatest magnitude in a tensor of any shape; 0 in one without elements."""
    return float(numbers.abs().max()) if numbers.numel() else 0.0


def close(numbers: torch.Tensor, expected: torch.Tensor, tolerance: Tolerance) -> torch.Tensor:
    """Element by element: |d − g| ≤ rtol·|g| + atol_rel·max|g| + atol, in float64."""
    return (numbers.double() - expected.double()).abs() <= allowance(expected, tolerance)


def allowance(expected: torch.Tensor, tolerance: Tolerance) -> torch.Tensor:
    """Greatest difference that each element of a gradient may have, in float64."""
    g = expected.double()
    return tolerance.rtol * g.abs() + (tolerance.atol_rel * greatest(g) + tolerance.atol)


def finite(
    numbers: torch.Tensor, expected: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Two tensors of one shape, in float64, without the infinities that they have in common: a
    masked score is minus infinity in both, and no difference. None where `expected` has others.
    """
    numbers, expected = numbers.double(), expected.double()
    if bool(torch.isfinite(expected).all()):
        return numbers, expected
    common = (numbers == expected) & torch.isinf(expected)
    numbers, expected = numbers.masked_fill(common, 0.0), expected.masked_fill(common, 0.0)
    return (numbers, expected) if bool(torch.isfinite(expected).all()) else None


def vanishes(expected: torch.Tensor, tolerance: Tolerance) -> bool:
    """Whether zeros are `close` to a tensor: if they are to its greatest element."""
    size = greatest(expected)
    return size <= (tolerance.rtol + tolerance.atol_rel) * size + tolerance.atol


def identical(numbers: torch.Tensor, expected: torch.Tensor) -> bool:
    """Whether two tensors of one shape are the same finite numbers, to the last bit."""
    same = numbers.dtype == expected.dtype and torch.equal(numbers, expected)
    return same and bool(torch.isfinite(expected).all())


def _values(
    value: Value,
    numbers: torch.Tensor,
    expected: torch.Tensor,
    tolerance: Tolerance,
    shape: list[int],
) -> Comparison:
    wanted = list(expected.shape)
    base = Comparison(verdict="unjudged", shape=shape, expected_shape=wanted, dtype=value.dtype)
    if identical(numbers, expected):  # most are, and need no arithmetic
        return replace(
            base,
            verdict="exact",
            exact=True,
            allclose=True,
            max_diff=0.0,
            at=[0] * len(wanted) if numbers.numel() else None,
            off=0.0,
            note=_right_note(value, shape, wanted),
        )
    mine, theirs = numbers.double(), expected.double()
    if not math.isfinite(greatest(theirs)):
        note = "the reference gradient itself is not finite at these parameters"
        return replace(base, note=note)
    difference = (mine - theirs).abs()
    max_diff = greatest(difference)
    if not math.isfinite(max_diff) and not bool((finite := torch.isfinite(mine)).all()):
        note = f"{int((~finite).sum())} of {numbers.numel()} elements are NaN or infinite"
        return replace(base, verdict="non_finite", note=note)
    allowed = allowance(theirs, tolerance)
    within = difference <= allowed
    right, at = bool(within.all()), _position(difference)
    return replace(
        base,
        verdict="close" if right else "mismatch",
        exact=False,
        allclose=torch.allclose(numbers.to(expected.dtype), expected),
        max_diff=max_diff,
        at=at,
        allowed=float(allowed[tuple(at)]) if at is not None else None,
        off=0.0 if right else float((~within).double().mean()),
        note=_right_note(value, shape, wanted) if right else None,
    )


def _position(difference: torch.Tensor) -> list[int] | None:
    if not difference.numel():
        return None
    flat = int(difference.argmax())
    position: list[int] = []
    for size in reversed(difference.shape):
        position.insert(0, flat % size)
        flat //= size
    return position


def _right_note(value: Value, shape: list[int], wanted: list[int]) -> str | None:
    notes = []
    if shape != wanted:
        notes.append(
            f"shape {_text(shape)} where {_text(wanted)} was expected: the values are right"
        )
    if value.kind == "array":
        notes.append("a numpy array, not a tensor: the values are right")
    elif value.dtype not in {"float32", None}:
        notes.append(f"dtype {value.dtype}: the values are right")
    return "; ".join(notes) or None


def _shape_note(shape: list[int], wanted: list[int]) -> str:
    text = f"shape {_text(shape)} where {_text(wanted)} was expected"
    if _broadcasts(shape, wanted) or _broadcasts(wanted, shape):
        text += ": it would only match by broadcasting"
    return text


def _broadcasts(small: list[int], large: list[int]) -> bool:
    """Whether a tensor of one shape expands to the other."""
    pairs = zip(reversed(small), reversed(large), strict=False)
    return len(small) <= len(large) and all(a in (1, b) for a, b in pairs)


def _text(shape: list[int]) -> str:
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
