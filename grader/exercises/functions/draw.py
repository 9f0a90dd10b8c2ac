"""What exercise files draw their arguments with: sizes that tell dimensions apart, no kinks."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
GAP = 0.05
"""Distance that keeps draws off kinks and ties."""


class Drawing:
    """Draws the arguments of one case; handed to `inputs(draw)`."""

    def __init__(self, seed: int, case: int, *, last: bool) -> None:
        """last: the case with a batch of one."""
        self.case = case
        self._random = np.random.default_rng(seed)
        self._last = last
        self._used: set[int] = set()

    def __call__(self, *shape: int, scale: float = 1.0, mean: float = 0.0) -> Array:
        """Normal numbers, float64."""
        return self._random.standard_normal(shape) * scale + mean

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Array:
        """Uniform numbers."""
        return self._random.uniform(low, high, shape)

    def index(self, *shape: int, high: int) -> Array:
        """Integers from 0 to high − 1, int64."""
        return self._random.integers(0, high, shape)

    def labels(self, *shape: int, classes: int) -> Array:
        """Classes, the last at least once: many count them as the greatest label and one."""
        drawn = self.index(*shape, high=classes)
        if classes - 1 not in drawn:
            drawn.flat[self._random.integers(drawn.size)] = classes - 1
        return drawn

    def distinct(self, *shape: int) -> Array:
        """Numbers of which no two, and none and zero, are closer than `GAP`."""
        count = int(np.prod(shape))
        steps = self._random.permutation(count) - count // 2
        return (np.where(steps >= 0, steps + 1, steps) * 2.0 * GAP).reshape(shape)

    def off_zero(self, *shape: int) -> Array:
        """Normal numbers, none closer to zero than `GAP`."""
        drawn = self._random.standard_normal(shape)
        return np.where(np.abs(drawn) < GAP, np.where(drawn < 0, -2 * GAP, 2 * GAP), drawn)

    def sizes(self, count: int, low: int = 2, high: int = 7) -> list[int]:
        """Sizes of which no two of a case are the same; greater than `high` where it takes that."""
        free = [size for size in range(low, high + 1) if size not in self._used]
        while len(free) < count:
            high += 1
            if high not in self._used:
                free.append(high)
        drawn = [int(size) for size in self._random.choice(free, count, replace=False)]
        self._used |= set(drawn)
        return drawn

    def batch(self, low: int = 3, high: int = 8, *, one: bool = True) -> int:
        """The size of the batch; 1 in the last case if it may be."""
        if one and self._last:
            self._used.add(1)
            return 1
        return self.sizes(1, low, high)[0]

    def seed(self) -> int:
        """A seed for functions that take one."""
        return int(self._random.integers(1, 1_000_000))
