"""How a tensor X and one of its consumers Y broadcast against each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

MAX_ELEMENTS = 1 << 18
"""Of a broadcast shape that is searched: a diagnosis must not cost more than the run."""


class Layout:
    """The common shape of X and Y, split into what X keeps and what is summed away.

    An elementwise consumer has dX = sum over `reduced` of dY · (local derivative).
    """

    def __init__(self, x: Sequence[int], y: Sequence[int]) -> None:
        # numpy's: torch's imports sympy, which takes longer than to grade ten submissions.
        self.shape: tuple[int, ...] = np.broadcast_shapes(tuple(x), tuple(y))
        padded = (1,) * (len(self.shape) - len(x)) + tuple(x)
        sizes = list(zip(padded, self.shape, strict=True))
        self.reduced = [i for i, (own, full) in enumerate(sizes) if own == 1 and full > 1]
        self.kept = [i for i in range(len(self.shape)) if i not in self.reduced]
        self.count = math.prod(x)

    @classmethod
    def of(cls, x: Sequence[int], y: Sequence[int]) -> Layout | None:
        """None where the shapes do not broadcast, or are too large to search."""
        try:
            layout = cls(x, y)
        except ValueError:
            return None
        return layout if math.prod(layout.shape) <= MAX_ELEMENTS else None

    def takes(self, tensor: torch.Tensor) -> bool:
        """Whether the tensor broadcasts to the common shape."""
        pairs = zip(reversed(tensor.shape), reversed(self.shape), strict=False)
        return tensor.dim() <= len(self.shape) and all(own in {1, full} for own, full in pairs)

    def flat(self, tensor: torch.Tensor) -> torch.Tensor:
        """(elements of X in order, elements summed into each)."""
        full = tensor.expand(self.shape).permute([*self.kept, *self.reduced])
        return full.reshape(self.count, -1)
