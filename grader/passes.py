"""The student's forward passes, each held against the forward script at its own leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import msgspec
import torch

from grader.assignment import Assignment, Tolerance
from grader.compare import close, identical, squeezed, vanishes
from grader.reference import Network, Oracle, Unjudgeable
from grader.trace import Pass


class JudgedPass(msgspec.Struct, frozen=True, kw_only=True):
    """A forward pass with its reference, or with the reason why there is none."""

    network: Network | Unjudgeable
    differs: str | None = None
    """First forward tensor whose values differ from the forward script's."""
    faded: frozenset[str] = frozenset()
    """Targets whose gradients are so small here, and only here, that zeros pass for them."""

    @property
    def reason(self) -> str | None:
        return self.network.reason if isinstance(self.network, Unjudgeable) else None


def judge_pass(oracle: Oracle, seen: Pass) -> JudgedPass:
    """The reference at the leaves of one pass.

    Another network (a shared tensor of another shape) is `Unjudgeable`; a network of the
    same shapes that computes other values is judged, and the first difference is named.
    """
    network = oracle.network(seen.inputs)
    if isinstance(network, Unjudgeable):
        return JudgedPass(network=network)
    judged = _held_against(network, seen.tensors, oracle.assignment)
    small = frozenset(_vanishing(network, oracle)) - _usually(oracle)
    return msgspec.structs.replace(judged, faded=small) if small else judged


def _vanishing(network: Network | Unjudgeable, oracle: Oracle) -> Iterator[str]:
    """Targets for whose gradients zeros pass."""
    tolerance = oracle.assignment.spec.tolerance
    if isinstance(network, Network):
        for name, gradient in network.gradients.items():
            if vanishes(gradient, tolerance):
                yield name


@cache
def _usually(oracle: Oracle) -> frozenset[str]:
    """Targets whose gradients vanish in the example network too."""
    return frozenset(_vanishing(oracle.example_network, oracle))


def _held_against(
    network: Network, tensors: Mapping[str, torch.Tensor], assignment: Assignment
) -> JudgedPass:
    tolerance = assignment.spec.tolerance
    for name in assignment.forward.tensors:
        mine, theirs = network.tensors.get(name), tensors.get(name)
        if mine is None or theirs is None or not assignment.forward.consumers(name):
            continue
        if squeezed(list(theirs.shape)) != squeezed(list(mine.shape)):
            reason = (
                f"another network: `{name}` has shape {tuple(theirs.shape)} "
                f"where the forward script has {tuple(mine.shape)}"
            )
            return JudgedPass(network=Unjudgeable(reason))
        if not _agree(theirs, mine, tolerance):
            return JudgedPass(network=network, differs=name)
    return JudgedPass(network=network)


def _agree(theirs: torch.Tensor, mine: torch.Tensor, tolerance: Tolerance) -> bool:
    if theirs.dtype.is_complex:
        return False
    theirs = theirs.reshape(mine.shape)
    return identical(theirs, mine) or bool(close(theirs, mine, tolerance).all())
