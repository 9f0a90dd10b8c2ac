"""Is a step right? What the clean room computed, held against forward.py in several readings.

*cut*: equal to the vector-Jacobian product cut at the upstream. *named*: the same with forward.py's
tensors in the place of the student's, after a slip in the forward pass. *inline*: equal to the
true gradient once the upstream is computed by its own lines, or is what it should be. Each has to
hold on every draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec
import torch

from grader.assignment import Tolerance
from grader.cleanroom.networks import Draw
from grader.cleanroom.room import Computed
from grader.marking.comparison import close, finite, greatest, squeezed, vanishes
from grader.reference import Network

Finding = Literal["right", "zero path", "wrong", "unknown"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was computed of one step, draw by draw."""

    target: str
    draws: Sequence[Draw]
    full: Sequence[Computed]
    """With all upstream computed by its own lines, from the leaves up."""
    cut: Sequence[Computed]
    """With random cotangents in the place of the upstream."""
    true: Sequence[Computed]
    """With forward.py's own gradients in the place of the upstream."""
    named: Sequence[Computed]
    """As `cut`, on forward.py's own tensors."""
    given: Sequence[Mapping[str, torch.Tensor]]
    """The cotangents, in forward.py's shapes."""
    zeros: frozenset[str]
    """Targets whose gradients are zero whatever the network."""
    accepted_zeros: frozenset[str]
    """Targets whose zero the student has written down as such."""
    consumers: frozenset[str]
    """Direct consumers of the target."""
    inner: frozenset[str]
    """Forward tensors on the way from the target to the loss."""
    loss: Sequence[float]
    """The student's loss in units of forward.py's; ones where they agree."""
    rests: bool
    """The value depends on leaves or upstream, as far as its text tells."""
    tolerance: Tolerance


def read(evidence: Evidence) -> Finding:
    """The first reading that holds; `wrong` where none does and all could be tried."""
    if _everywhere(evidence, evidence.cut) or _everywhere(evidence, evidence.named):
        return "right"
    if _inline(evidence, evidence.full) or _inline(evidence, evidence.true):
        return "zero path" if _leans_on_zero(evidence) else "right"
    tried = [*evidence.full, *evidence.cut]
    if not evidence.draws or any(isinstance(value, str) for value in tried):
        return "unknown"
    return "wrong" if _finite(evidence) else "unknown"


def _finite(evidence: Evidence) -> bool:
    """Whether forward.py's own answers are numbers: where they are NaN no step can give them."""
    return all(
        bool(torch.isfinite(draw.expected(evidence.target, given)).all())
        for draw, given in zip(evidence.draws, evidence.given, strict=True)
    )


def _everywhere(evidence: Evidence, values: Sequence[Computed]) -> bool:
    """Whether a step gives the vector-Jacobian product on every draw."""
    if not evidence.draws or len(values) != len(evidence.draws):
        return False
    return any(_follows(evidence, values, factors) for factors in _losses(evidence))


def _losses(evidence: Evidence) -> Iterable[Sequence[float]]:
    yield [1.0] * len(evidence.draws)
    if any(factor != 1.0 for factor in evidence.loss):
        yield evidence.loss


def _follows(evidence: Evidence, values: Sequence[Computed], factors: Sequence[float]) -> bool:
    for number, draw in enumerate(evidence.draws):
        given = evidence.given[number]
        expected = draw.expected(evidence.target, given)
        if factors[number] != 1.0:
            straight = draw.expected(evidence.target, {}, silent=given)
            expected = expected + (factors[number] - 1.0) * straight
        if not agrees(values[number], expected, evidence.tolerance, noise=not given):
            return False
    return True


def agrees(
    value: Computed, expected: torch.Tensor, tolerance: Tolerance, *, noise: bool = False
) -> bool:
    """Whether a value is `expected` to rounding. noise: what is zero in truth may be noise."""
    if isinstance(value, str) or squeezed(list(value.shape)) != squeezed(list(expected.shape)):
        return False
    both = finite(value.reshape(expected.shape), expected)
    if both is None:
        return False
    value, expected = both
    allowed = tolerance.step * greatest(expected)
    if bool(((value - expected).abs() <= allowed).all()):
        return True
    return noise and bool(close(value, expected, tolerance).all())


def _inline(evidence: Evidence, values: Sequence[Computed]) -> bool:
    """Whether the gradient itself comes out, from the leaves up or from right upstream."""
    if not evidence.draws or len(values) != len(evidence.draws):
        return False
    return any(
        all(
            agrees(
                value,
                factors[number] * evidence.draws[number].network.gradients[evidence.target],
                evidence.tolerance,
                noise=True,
            )
            for number, value in enumerate(values)
        )
        for factors in _losses(evidence)
    )


def _leans_on_zero(evidence: Evidence) -> bool:
    """Whether a gradient comes out right only because another one is zero: the target's own,
    one that flows in, or one on a path that is left out.
    """
    upstream = frozenset().union(*evidence.given)
    if evidence.target in evidence.zeros:
        return bool(evidence.rests)
    if upstream & evidence.zeros:
        return True
    silent = evidence.zeros & evidence.inner - upstream - {evidence.target}
    if not silent or silent <= evidence.accepted_zeros:
        return False
    return all(
        agrees(value, draw.expected(evidence.target, given, silent), evidence.tolerance)
        for value, draw, given in zip(evidence.cut, evidence.draws, evidence.given, strict=True)
    )


def unmoved(evidence: Evidence) -> bool:
    """Whether a result is the same numbers whatever the network and what flows in."""
    values = [*evidence.cut, *evidence.full]
    tensors = [value for value in values if isinstance(value, torch.Tensor)]
    if not evidence.rests or len(tensors) < len(values):
        return not evidence.rests
    return all(torch.equal(value, tensors[0]) for value in tensors)


def nothing_but_zeros(evidence: Evidence) -> bool:
    """Whether a result is zero to the last bit, whatever the network and what flows in."""
    values = [*evidence.cut, *evidence.full]
    return all(isinstance(value, torch.Tensor) and not value.any() for value in values)


def zero_targets(networks: Sequence[Network], tolerance: Tolerance) -> frozenset[str]:
    """Targets whose gradients vanish in every network."""
    if not networks:
        return frozenset()
    return frozenset(
        name
        for name in networks[0].gradients
        if all(vanishes(network.gradients[name], tolerance) for network in networks)
    )
