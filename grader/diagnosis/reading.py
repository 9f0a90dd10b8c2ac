"""How the right step is put together, found by the same search as the student's mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import torch

from grader.diagnosis.layout import Layout
from grader.diagnosis.search import FUNCTIONS, ONE, Factor, factors


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """dX = Σ dY · f for one consumer Y: the factors f that fit the right answer."""

    consumer: str
    layout: Layout
    cotangent: torch.Tensor
    """Y's shape."""
    factors: list[Factor]
    """All spellings of the one factor; empty where the step is no such product."""
    unsummed: torch.Tensor | None
    """dY · f in the layout's shape, before the sum; None where f is not known."""


def read(
    tensors: Mapping[str, torch.Tensor],
    shape: Sequence[int],
    consumer: str,
    cotangent: torch.Tensor,
    right: torch.Tensor,
) -> Reading | None:
    """Read the right part of dX (of this shape) that comes through `consumer`.

    tensors: what may be the factor. None where X and Y do not broadcast, as in a matrix product.
    """
    layout = Layout.of(shape, cotangent.shape)
    if layout is None:
        return None
    found = factors(tensors, layout, right, cotangent, 0.0)
    return Reading(
        consumer=consumer,
        layout=layout,
        cotangent=cotangent,
        factors=found,
        unsummed=_unsummed(tensors, layout, cotangent, found[0]) if found else None,
    )


def _unsummed(
    tensors: Mapping[str, torch.Tensor], layout: Layout, cotangent: torch.Tensor, factor: Factor
) -> torch.Tensor:
    product = factor.constant * cotangent
    if factor.tensor != ONE:
        product = product * FUNCTIONS[factor.function](tensors[factor.tensor])
    return product.expand(layout.shape)
