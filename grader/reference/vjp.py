"""Expected value of one step: the vector-Jacobian product of the forward script, cut.

The forward script is flat, so it can be run in a mapping that replaces chosen tensors by
detached leaves as they are assigned. What flowed into such a cut is the output of a
vector-Jacobian product with the student's cotangent; the loss that is left is differentiated
as usual. Fused and skipped steps need no special case: they are cut elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import CodeType
from typing import Any

import torch

Tensors = Mapping[str, torch.Tensor]


class _CutScope(dict[str, Any]):
    """A namespace in which names are cut from what computed them as they are assigned."""

    def __init__(self, values: Mapping[str, Any], cuts: Iterable[str]) -> None:
        super().__init__(values)
        self.cuts = frozenset(cuts)
        self.outputs: dict[str, torch.Tensor] = {}

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self.cuts:
            self.outputs[name] = value
            value = value.detach().requires_grad_()
        super().__setitem__(name, value)


class CutNetwork:
    """The forward script run once with some of its tensors cut."""

    def __init__(
        self,
        code: CodeType,
        inputs: Mapping[str, Any],
        parameters: Iterable[str],
        cuts: Iterable[str],
        loss: str,
    ) -> None:
        leaves = dict(inputs)
        for name in parameters:
            leaves[name] = leaves[name].detach().requires_grad_()
        self._scope = _CutScope(leaves, cuts)
        self._loss = loss
        exec(code, self._scope)  # noqa: S102 - the instructor's own script

    def expected(self, target: str, cotangents: Tensors) -> torch.Tensor:
        """The gradient of `target`: all cuts with a cotangent and the loss together.

        cotangents: cut name → cotangent of that tensor's shape; cuts without one count as zero.
        """
        tensor = self._scope[target]
        outputs = list(self._outputs(target, cotangents).values())
        if not outputs:
            return torch.zeros_like(tensor)
        (grad,) = torch.autograd.grad(
            torch.stack(outputs).sum(), tensor, retain_graph=True, allow_unused=True
        )
        return torch.zeros_like(tensor) if grad is None else grad

    def all_expected(self, targets: Iterable[str], cotangents: Tensors) -> dict[str, torch.Tensor]:
        """The same of several targets in one pass; everything between any two must be cut."""
        tensors = {name: self._scope[name] for name in targets}
        total = torch.stack(list(self._outputs("", cotangents).values())).sum()
        grads = torch.autograd.grad(
            total, list(tensors.values()), retain_graph=True, allow_unused=True
        )
        return {
            name: torch.zeros_like(tensor) if grad is None else grad
            for (name, tensor), grad in zip(tensors.items(), grads, strict=True)
        }

    def paths(self, target: str, cotangents: Tensors) -> dict[str, torch.Tensor]:
        """What each cut, and the loss itself, contributes to the gradient of `target`.

        Keys of the result: those cuts through which `target` has influence, and the loss's
        name; all of the shape of `target`.
        """
        tensor = self._scope[target]
        found = {}
        for name, output in self._outputs(target, cotangents).items():
            (grad,) = torch.autograd.grad(output, tensor, retain_graph=True, allow_unused=True)
            if grad is not None:
                found[name] = grad
        return found

    def _outputs(self, target: str, cotangents: Tensors) -> dict[str, torch.Tensor]:
        """Scalars whose gradients are the vector-Jacobian products.

        ⟨output, cotangent⟩ instead of autograd's own argument for cotangents: that one
        imports a library for symbolic mathematics, a third of a second.
        """
        cuts = self._scope.outputs
        found = {name: (cuts[name] * cotangents[name]).sum() for name in cuts.keys() & cotangents}
        if self._loss not in found:
            found[self._loss] = self._scope[self._loss]
        return {
            name: output
            for name, output in found.items()
            if name != target and output.requires_grad
        }
