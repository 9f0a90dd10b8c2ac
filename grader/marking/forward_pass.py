"""The student's forward passes, each held against the forward script at its own leaves."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import torch

from grader.assignment import Assignment, Tolerance
from grader.marking.comparison import close, finite, squeezed
from grader.marking.observation import Pass
from grader.reference import Network, Oracle, Unjudgeable


class JudgedPass(msgspec.Struct, frozen=True, kw_only=True):
    """A forward pass with its reference, or with the reason why there is none."""

    network: Network | Unjudgeable
    differs: str | None = None
    """First forward tensor whose values differ from the forward script's."""

    @property
    def reason(self) -> str | None:
        return self.network.reason if isinstance(self.network, Unjudgeable) else None


def judge_pass(oracle: Oracle, seen: Pass, inputs: Mapping[str, torch.Tensor]) -> JudgedPass:
    """The reference at the leaves of one pass.

    Another network (a complete pass with a tensor of another shape) is `Unjudgeable`; a network
    of the same shapes that computes other values is judged, and the first difference is named.
    A pass that is not complete is no evidence of either.
    """
    network = oracle.network(inputs)
    if isinstance(network, Unjudgeable):
        return JudgedPass(network=network)
    if not _complete(seen, oracle.assignment):
        return JudgedPass(network=network)
    return _held_against(network, seen.tensors, oracle.assignment)


def _complete(seen: Pass, assignment: Assignment) -> bool:
    """Whether a pass went from the first tensor to the loss, as far as the names tell."""
    first, loss = assignment.forward.tensors[0], assignment.spec.loss
    return first in seen.tensors and loss in seen.tensors and seen.tensors[loss].numel() == 1


def _held_against(
    network: Network, tensors: Mapping[str, torch.Tensor], assignment: Assignment
) -> JudgedPass:
    tolerance = assignment.spec.tolerance
    for name in assignment.forward.tensors:
        mine, theirs = network.tensors.get(name), tensors.get(name)
        if mine is None or theirs is None or not assignment.forward.consumers(name):
            continue
        if theirs.numel() == 1 != mine.numel():
            continue  # `h = 0.001`: a variable of that name, not the network's tensor
        if theirs.numel() == mine.numel() and _agree(theirs, mine, tolerance):
            continue  # in whatever shape: `emb = C[Xb].view(n, -1)` goes two steps in one
        if squeezed(list(theirs.shape)) != squeezed(list(mine.shape)):
            reason = (
                f"another network: `{name}` has shape {tuple(theirs.shape)} "
                f"where the forward script has {tuple(mine.shape)}"
            )
            return JudgedPass(network=Unjudgeable(reason))
        return JudgedPass(network=network, differs=name)
    return JudgedPass(network=network)


def _agree(theirs: torch.Tensor, mine: torch.Tensor, tolerance: Tolerance) -> bool:
    if theirs.dtype.is_complex:
        return False
    both = finite(theirs.reshape(mine.shape), mine)
    return both is not None and bool(close(*both, tolerance).all())
