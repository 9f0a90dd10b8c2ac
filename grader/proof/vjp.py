"""Vector-Jacobian products of the forward script, written again without the grader's oracle.

What the mutants are known to be must not rest on the code that they are to prove.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

import torch

from grader.assignment import Assignment

Tensors = dict[str, torch.Tensor]


class _Cutting(dict[str, Any]):
    """Names of a run in which some tensors are replaced by leaves as they are assigned."""

    def __init__(self, leaves: Mapping[str, Any], cut: Iterable[str]) -> None:
        super().__init__(leaves)
        self.cut = frozenset(cut)
        self.before: Tensors = {}

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self.cut:
            self.before[name] = value
            value = value.detach().requires_grad_()
        super().__setitem__(name, value)


class Forward:
    """The forward script of an assignment."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.loss = assignment.spec.loss
        self.code = compile(assignment.forward.source, "forward.py", "exec")

    def leaves(self, names: Mapping[str, Any], jitter: float = 0.0) -> dict[str, Any]:
        """The script's inputs as they stand in a notebook, parameters moved by `jitter`."""
        found: dict[str, Any] = {}
        generator = torch.Generator().manual_seed(5)
        for name, leaf in self.assignment.spec.inputs.items():
            if name not in names:
                found[name] = names[str(leaf.size_of)].shape[0]
            elif leaf.kind == "parameter":
                value = names[name].detach()
                noise = torch.randn(value.shape, generator=generator)
                found[name] = value + jitter * noise if jitter else value.clone()
            else:
                found[name] = names[name]
        return found

    def tensors(self, leaves: Mapping[str, Any]) -> Tensors:
        """All forward tensors, detached."""
        run = self._run(leaves, ())
        return {name: run[name].detach() for name in self._names(run)}

    def _names(self, run: Mapping[str, Any]) -> list[str]:
        """What a run has bound to one tensor with a gradient: no list, no mask."""
        return [
            name
            for name in self.assignment.forward.tensors
            if isinstance(value := run.get(name), torch.Tensor) and value.requires_grad
        ]

    def gradients(self, leaves: Mapping[str, Any]) -> Tensors:
        """d(loss)/dX of every tensor and parameter; zeros where there is no path."""
        run = self._run(leaves, ())
        names = [*self._names(run), *self.assignment.parameters]
        wanted = [run[name] for name in names]
        found = torch.autograd.grad(run[self.loss], wanted, allow_unused=True)
        return {
            name: torch.zeros_like(tensor) if gradient is None else gradient
            for name, tensor, gradient in zip(names, wanted, found, strict=True)
        }

    def vjp(self, leaves: Mapping[str, Any], target: str, cotangents: Tensors) -> torch.Tensor:
        """Gradient at `target`, given the gradients of the tensors that are cut.

        What reaches the loss around the cuts is added.
        """
        run = self._run(leaves, cotangents)
        total = run[self.loss]
        for name, before in run.before.items():  # cutting at a parameter changes nothing
            total = total + (before * cotangents[name]).sum()
        return _grad(total, run[target])

    def contributions(
        self, leaves: Mapping[str, Any], target: str, cotangents: Tensors
    ) -> list[torch.Tensor]:
        """What each direct consumer of `target` contributes to its gradient."""
        consumers = sorted(self.assignment.forward.consumers(target) - {self.loss})
        if not set(consumers) <= cotangents.keys():
            return []
        run = self._run(leaves, consumers)
        return [_grad((run.before[c] * cotangents[c]).sum(), run[target]) for c in consumers]

    def _run(self, leaves: Mapping[str, Any], cut: Iterable[str]) -> _Cutting:
        ready = {
            name: value.detach().clone().requires_grad_()
            if isinstance(value, torch.Tensor) and value.is_floating_point()
            else value
            for name, value in leaves.items()
        }
        run = _Cutting(ready, cut)
        with torch.enable_grad():
            exec(self.code, {}, run)  # noqa: S102 - the instructor's own script
        return run


def _grad(total: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
    if not total.requires_grad:
        return torch.zeros_like(at)
    with contextlib.suppress(RuntimeError):
        (found,) = torch.autograd.grad(total, at, retain_graph=True, allow_unused=True)
        if found is not None:
            return found
    return torch.zeros_like(at)
