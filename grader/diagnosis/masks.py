"""Positions that a forward pass picks out of a tensor."""

from __future__ import annotations

from collections.abc import Mapping

import torch


def masks(
    name: str, tensor: torch.Tensor | None, index: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Description → 1.0 at the picked positions of a matrix, 0.0 elsewhere.

    The arg-max along each dimension, and one column per row by each index that fits.
    """
    if tensor is None or tensor.dim() != 2:
        return {}
    found = {
        f"the arg-max positions of `{name}` along dimension {dim}": _picked(
            tensor, dim, tensor.argmax(dim, keepdim=True)
        )
        for dim in range(2)
        if tensor.shape[dim] > 1
    }
    for key, columns in index.items():
        inside = columns.shape == tensor.shape[:1] and bool((columns >= 0).all())
        if inside and bool((columns < tensor.shape[1]).all()):
            found[f"the positions that `{key}` picks"] = _picked(tensor, 1, columns[:, None])
    return found


def _picked(tensor: torch.Tensor, dim: int, positions: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(tensor).scatter_(dim, positions.long(), 1.0)
