"""What is known about one wrong step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec
import torch

from grader.reference.variants import Variant


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """One step, fed with random cotangents: what came out and what should have.

    The hypotheses rely on the cotangents being random and of full rank: only then is a match
    no accident.
    """

    target: str
    """The forward tensor X whose gradient dX is wrong, `counts_sum_inv`."""
    student: torch.Tensor
    """What the student's step made of the probes; any shape."""
    expected: torch.Tensor
    """The VJP for the same cotangents, in X's shape."""
    cotangents: dict[str, torch.Tensor]
    """Y → cotangent that flowed in, as the student's statement read it. Exactly zero where the
    true gradient is."""
    paths: dict[str, torch.Tensor]
    """Y → its own contribution to `expected`, in X's shape; they sum to `expected`. "loss" is
    the path that meets no cotangent."""
    consumers: dict[str, torch.Tensor]
    """Direct consumers of X that the student did not read → their share of `expected`, in X's
    shape. (It flows on through them into `cotangents` or the loss, so `paths` holds it too.)"""
    tensors: dict[str, torch.Tensor]
    """All forward tensors and inputs of that forward pass, X among them."""
    accumulates: bool
    """The student's lines write dX more than once, or in place."""
    index: dict[str, torch.Tensor]
    """Integer inputs, `Xb` and `Yb`."""
    straight: bool = False
    """The exercise asks for dX straight from the loss: no gradient is to flow in."""
    others: Mapping[str, torch.Tensor] = {}
    """Z → its VJP for the same cotangents, of tensors of X's shape; `h[1]` is what a loop bound to
    `h` the second time."""
    variants: Callable[[], Iterable[Variant]] = tuple
    """What X would get from networks that differ in one line."""
