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

    def paths(self, target: str, cotangents: Tensors) -> dict[str, torch.Tensor]:
        """What each cut, and the loss itself, contributes to the gradient of `target`.

        cotangents: cut name → cotangent of that tensor's shape; cuts without one count as
        zero. Keys of the result: those cuts through which `target` has influence, and the
        loss's name; all of the shape of `target`. Their sum is the expected gradient.
        """
        tensor = self._scope[target]
        cuts = self._scope.outputs
        outputs = {name: (cuts[name], cotangents[name]) for name in cuts.keys() & cotangents}
        loss = self._scope[self._loss]
        if self._loss not in outputs:
            outputs[self._loss] = (loss, torch.ones_like(loss))
        found = {}
        for name, (output, cotangent) in outputs.items():
            if name == target or not output.requires_grad:
                continue
            (grad,) = torch.autograd.grad(
                output, tensor, cotangent, retain_graph=True, allow_unused=True
            )
            if grad is not None:
                found[name] = grad
        return found
