"""Tensors with several right gradients: where elements tie for a maximum, any may be chosen.

A pooled feature map after a ReLU has windows of zeros; autograd takes the first of them, students
often all, and neither is wrong. Such a tensor is found by its value: moved by next to nothing, it
gets another gradient where elements of it are the same. A sum of exponentials changes fast as
well, and a mask holds a million times the same number: neither of them is both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import CodeType
from typing import Any

import torch

from grader.reference.script import ForwardRun

STEP = 1e-5
"""Of an element as great as most that have a gradient: by how much a tensor is moved."""
JUMP = 1e-2
"""Of the greatest element of its gradient: a smooth one moves by some 1e-5."""
FAINT = 1e-5
"""Of the greatest gradient of all: what is smaller is rounding."""
MOVES = 2
"""Ways in which it is moved; the gradient has to jump in each."""


def tied(
    code: CodeType, leaves: Mapping[str, Any], names: Collection[str], loss: str, parameters: Any
) -> Iterator[str]:
    """Those of the forward tensors whose gradient jumps at these leaves. What a loop or a function
    binds again and again is not looked at.
    """
    still = ForwardRun(code, leaves, parameters)
    looked = [
        name
        for name in names
        if name not in still.inputs and still.has(name) and not still.repeated(name)
    ]
    gradients = {name: _gradient(still, name, loss) for name in looked}
    greatest = sorted(float(each.abs().max()) for each in gradients.values() if each.numel())
    rounding = FAINT * greatest[-1] if greatest else 0.0
    for name, before in gradients.items():
        value = still.tensor(name).detach()
        step = STEP * _usual(value, before)
        moved = (_Moved(code, leaves, parameters, name, step, seed) for seed in range(MOVES))
        if all(_jumps(value, before, _gradient(run, name, loss), rounding) for run in moved):
            yield name


class _Moved(ForwardRun):
    """A run in which one tensor is moved when it is bound."""

    def __init__(
        self,
        code: CodeType,
        leaves: Mapping[str, Any],
        parameters: Any,
        name: str,
        step: float,
        seed: int,
    ) -> None:
        self._name, self._step = name, step
        self._noise = torch.Generator().manual_seed(seed)
        super().__init__(code, leaves, parameters)

    def bound(self, name: str, value: torch.Tensor) -> torch.Tensor:
        if name != self._name or not value.is_floating_point():
            return value
        noise = torch.randn(value.shape, generator=self._noise).to(value.dtype)
        return value + self._step * noise


def _usual(value: torch.Tensor, gradient: torch.Tensor) -> float:
    """How great elements are that have a gradient: those that a mask puts at -1e9 have none."""
    alive = value[(gradient != 0) & (value != 0) & value.isfinite()].abs()
    return float(alive.median()) if alive.numel() else 1.0


def _gradient(run: ForwardRun, name: str, loss: str) -> torch.Tensor:
    tensor = run.tensor(name)
    found = torch.autograd.grad(run.tensor(loss), tensor, allow_unused=True, retain_graph=True)[0]
    return torch.zeros_like(tensor) if found is None else found


def _jumps(value: torch.Tensor, before: torch.Tensor, after: torch.Tensor, rounding: float) -> bool:
    """Whether the gradient jumps in elements that are the same."""
    if before.shape != after.shape or not before.numel():
        return False
    least = max(JUMP * float(before.abs().max()), rounding)
    jumped = value[(after - before).abs() > least]
    return len(set(jumped.tolist())) < len(jumped)
