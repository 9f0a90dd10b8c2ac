"""A leaf of the network as it was found, and from where to where examples of it are drawn."""

from __future__ import annotations

from typing import Any

import msgspec
import torch


class InputDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A leaf of the network, as it was found."""

    kind: str
    shape: list[int] = []
    scale: float | None = None
    mean: float | None = None
    low: int | None = None
    high: int | None = None
    range: list[int | float] = []
    value: int | None = None
    size_of: str | None = None


def parameter(value: torch.Tensor) -> InputDraft:
    """A tensor with a gradient."""
    return InputDraft(kind="parameter", **_spread(value))


def index(value: torch.Tensor) -> InputDraft:
    """Integers: drawn from the least to the greatest; a length or a count is seldom zero."""
    least, greatest = (int(value.min()), int(value.max())) if value.numel() else (0, 1)
    return InputDraft(
        kind="index",
        shape=list(value.shape),
        low=least if least > 0 else None,
        high=max(greatest + 1, 1),
    )


def data(value: torch.Tensor) -> InputDraft:
    """Numbers without a gradient; from where to where they go, where all are whole or positive."""
    numbers = value.detach().double()
    if not numbers.numel() or not bool(torch.isfinite(numbers).all()):
        return InputDraft(kind="data", **_spread(value))
    low, high = float(numbers.min()), float(numbers.max())
    shape = list(value.shape)
    if bool((numbers == numbers.round()).all()):
        whole: list[int | float] = [int(low), max(int(high), int(low) + 1)]
        return InputDraft(kind="data", shape=shape, range=whole)
    if low >= 0:
        return InputDraft(kind="data", shape=shape, range=[0.0, float(f"{high:.2g}") or 1.0])
    return InputDraft(kind="data", **_spread(value))


def _spread(value: torch.Tensor) -> dict[str, Any]:
    """Shape, and mean and standard deviation to two digits; zeros would hide mistakes."""
    numbers = value.detach().double()
    scale = float(numbers.std()) if numbers.numel() > 1 else 0.0
    mean = float(numbers.mean()) if numbers.numel() else 0.0
    far = abs(mean) > 0.5 * scale
    return {
        "shape": list(value.shape),
        "scale": float(f"{scale:.2g}") if scale > 1e-6 else 0.1,
        "mean": float(f"{mean:.2g}") if far and abs(mean) > 1e-6 else None,
    }
