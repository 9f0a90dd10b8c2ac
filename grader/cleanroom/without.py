"""Parameters that a student's network does without: a bias before batch norm is useless, and some
leave it out. Such a network is forward.py's with zeros in that place, or ones for a factor.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import torch

from grader.assignment import Assignment

MAX_ABSENT = 2
"""Parameters that are thought of as left out together."""
NEUTRAL = (0.0, 1.0)
"""What changes nothing where it is added, and where it is multiplied."""


class Without:
    """What stands in the place of parameters that are left out."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.neutral: dict[str, float] = {}
        """Parameter → the number that it is everywhere."""

    def ways(self, missing: Sequence[str]) -> Iterator[dict[str, float]]:
        """Ways to do without some of the missing inputs, the fewest first."""
        absent = [name for name in missing if name in self.assignment.parameters]
        for count in range(1, MAX_ABSENT + 1):
            for numbers in itertools.product(NEUTRAL, repeat=count):
                for names in itertools.combinations(absent, count):
                    yield dict(zip(names, numbers, strict=True))

    def filled(self, found: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Inputs with the parameters that are left out, as large as the others make them."""
        whole = dict(found)
        for name, number in self.neutral.items():
            shape = self._shape(name, found)
            if shape is not None and name not in found:
                whole[name] = torch.full(shape, number, dtype=_dtype(found))
        return whole

    def _shape(self, name: str, found: Mapping[str, torch.Tensor]) -> list[int] | None:
        """Each size of the assignment's own is the size that it has in the student's network."""
        inputs = self.assignment.spec.inputs
        sizes: defaultdict[int, set[int]] = defaultdict(set)
        sizes[1] = {1}
        for other, value in found.items():
            if other in inputs and value.dim() == len(inputs[other].shape):
                for own, theirs in zip(inputs[other].shape, value.shape, strict=True):
                    sizes[own].add(theirs)
        if any(len(sizes[own]) != 1 for own in inputs[name].shape):
            return None
        return [next(iter(sizes[own])) for own in inputs[name].shape]


def _dtype(found: Mapping[str, torch.Tensor]) -> torch.dtype:
    real = (value.dtype for value in found.values() if value.is_floating_point())
    return next(real, torch.float32)
