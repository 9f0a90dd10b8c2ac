"""What may be changed on a way back: each a mistake that people make there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

import torch

from grader.exercises.functions.ways import Change, Node, Way, operation_of

ELEMENTWISE = frozenset(
    {"tanh", "sigmoid", "relu", "exp", "log", "sqrt", "pow", "reciprocal", "softmax", "logsoftmax"}
)


def dropped(_: Node, leaving: torch.Tensor, __: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(leaving)


def turned(_: Node, leaving: torch.Tensor, __: torch.Tensor) -> torch.Tensor:
    return -leaving


def doubled(_: Node, leaving: torch.Tensor, __: torch.Tensor) -> torch.Tensor:
    return 2 * leaving


def halved(_: Node, leaving: torch.Tensor, __: torch.Tensor) -> torch.Tensor:
    return leaving / 2


def mistaken(way: Way) -> Iterator[Change]:
    """Other local derivatives that people take for this operation's."""
    if way.operation == "relu":
        yield _masked_by_upstream
    if way.operation in AVERAGING:
        yield _averaged_otherwise
    yield from (_by_result(local) for local in RESULTS.get(way.operation, ()))


RESULTS: dict[str, tuple[Callable[[torch.Tensor], torch.Tensor], ...]] = {
    "tanh": (lambda t: 1 - t, lambda t: 1 + t**2, lambda t: t * (1 - t)),
    "sigmoid": (lambda s: 1 - s, lambda s: s, lambda s: 1 - s**2),
    "sqrt": (lambda r: 1 / r, lambda r: r / 2),
}
"""What is made of the operation's result in the place of its derivative."""


AVERAGING = {"mean": 1, "var": 1, "sum": -1}
"""Whether a sum is taken for an average on the way back, or an average for a sum."""


def _averaged_otherwise(node: Node, leaving: torch.Tensor, coming: torch.Tensor) -> torch.Tensor:
    count = leaving.numel() / max(1, coming.numel())
    return leaving * float(count ** AVERAGING[operation_of(node)])


def _masked_by_upstream(_: Node, leaving: torch.Tensor, coming: torch.Tensor) -> torch.Tensor:
    return coming * (coming > 0) if coming.shape == leaving.shape else leaving


@cache
def _by_result(local: Callable[[torch.Tensor], torch.Tensor]) -> Change:
    def change(node: Node, leaving: torch.Tensor, coming: torch.Tensor) -> torch.Tensor:
        result = getattr(node, "_saved_result", None)
        return leaving if result is None else coming * local(result.detach())

    return change


@dataclass(frozen=True)
class Multiplied:
    """With another operand in a product; the same change for the same place of the tensor."""

    way: Way
    at: int
    tensor: torch.Tensor = field(compare=False)

    def __call__(self, _: Node, leaving: torch.Tensor, coming: torch.Tensor) -> torch.Tensor:
        other = self.tensor.to(coming)
        if self.way.operation == "mul":
            made = coming * other
        else:
            made = coming @ other.T if self.way.index == 0 else other.T @ coming
        return made if made.shape == leaving.shape else leaving


def passed_on(_: Node, leaving: torch.Tensor, coming: torch.Tensor) -> torch.Tensor:
    """Without the operation's own derivative."""
    return coming if coming.shape == leaving.shape else leaving
