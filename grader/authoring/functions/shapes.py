"""Shapes as a docstring writes them: `x: inputs of shape (N, D)`, `W: (D, 3H)`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

_SIZE = re.compile(r"[A-Za-z]\w*|\d+")
_SHAPE = r"\(((?:[\w*·× ]+,?)+)\)"
"""Sizes and products of sizes: `3H`, `3*H`, `C * K`."""


def shapes_of(text: str, wanted: Iterable[str]) -> dict[str, list[list[str]]]:
    """Argument → its shape, each size as the factors of a product, as far as they are told."""
    found = {}
    for name in wanted:
        for shape in re.findall(rf"\b{re.escape(name)}\b[^\n(]*{_SHAPE}", text):
            sizes = [_factors(size) for size in shape.split(",") if size.strip()]
            if all(sizes):
                found[name] = sizes
                break
    return found


def letters(shapes: Mapping[str, list[list[str]]]) -> list[str]:
    """The sizes that are free, in their order."""
    every = (each for shape in shapes.values() for size in shape for each in size)
    return list(dict.fromkeys(each for each in every if not each.isdigit()))


def sized(shape: list[list[str]], sizes: Mapping[str, int]) -> list[int]:
    """A shape in numbers."""
    return [math.prod(sizes[f] if f in sizes else int(f) for f in size) for size in shape]


def _factors(text: str) -> list[str]:
    """`3H` and `3 * H` are 3 and H; nothing where it is no product of sizes."""
    parts = re.split(r"[*·×]", re.sub(r"^\s*(\d+)\s*([A-Za-z])", r"\1*\2", text))
    found = [part.strip() for part in parts]
    return found if all(_SIZE.fullmatch(part) for part in found) else []
