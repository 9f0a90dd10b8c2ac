"""Convolution and pooling on their way back: windows in wrong places, or one over the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch.nn import functional

from grader.exercises.functions.ways import Change, Node, WaysBack, operation_of

WINDOWED = frozenset({"convolution", "maxpool2dwithindices", "avgpool2d"})
POOLS: dict[str, Callable[..., torch.Tensor]] = {
    "maxpool2dwithindices": functional.max_pool2d,
    "avgpool2d": functional.avg_pool2d,
}


def without_stride(back: WaysBack) -> dict[str, torch.Tensor]:
    """All windows at once: a pooling is another operation by its mode."""
    windowed = [way for way in back.ways if way.operation in WINDOWED]
    return back.gradients({way: neighbouring(way.index) for way in windowed})


@cache
def neighbouring(index: int) -> Change:
    """What goes back to an input, of windows that the stride has not moved apart."""

    def change(node: Node, leaving: torch.Tensor, coming: torch.Tensor) -> torch.Tensor:
        moved = index < 2 and coming.dim() == 4 and set(_saved(node, "stride")) != {1}
        if not moved or _saved(node, "transposed") or set(_saved(node, "dilation") or [1]) != {1}:
            return leaving
        pool = POOLS.get(operation_of(node))
        image = _saved(node, "self" if pool else "input").detach().requires_grad_()
        read = [image] if pool else [image, _saved(node, "weight").detach().requires_grad_()]
        height, width = _saved(node, "kernel_size") if pool else read[1].shape[2:]
        down, right = _saved(node, "padding")
        with torch.enable_grad():
            padded = functional.pad(image, (right, right, down, down))
            padded = padded[:, :, : coming.shape[2] + height - 1, : coming.shape[3] + width - 1]
            if pool:
                made = pool(padded, (height, width), stride=1)
            else:
                made = functional.conv2d(padded, read[1], groups=_saved(node, "groups"))
        return torch.autograd.grad(made, [read[index]], coming)[0]

    return change


def last_one_left(back: WaysBack) -> dict[str, torch.Tensor]:
    """Every pooling's windows assigned in their order, where they should add up."""
    pools = [way for way in back.ways if way.operation in POOLS]
    return back.gradients(dict.fromkeys(pools, _assigned))


def _assigned(node: Node, leaving: torch.Tensor, coming: torch.Tensor) -> torch.Tensor:
    if coming.dim() != 4 or any(_saved(node, "padding")):
        return leaving
    image, left = _saved(node, "self"), torch.zeros_like(leaving)
    (height, width), (down, right) = _saved(node, "kernel_size"), _saved(node, "stride")
    for row, column in itertools.product(*map(range, coming.shape[2:])):
        place = (
            ...,
            slice(row * down, row * down + height),
            slice(column * right, column * right + width),
        )
        share = torch.full_like(image[place], 1 / (height * width))
        if operation_of(node) == "maxpool2dwithindices":
            share = (image[place] == image[place].amax((2, 3), keepdim=True)).to(coming)
        left[place] = share * coming[..., row : row + 1, column : column + 1]
    return left


def _saved(node: Node, name: str) -> Any:
    return getattr(node, f"_saved_{name}", None)
