"""Expected value of one step: the vector-Jacobian product of the forward script, cut.

A cut is made in the graph that one run of the script has left: what flows back into a tensor that
is cut is thrown away, and the student's cotangent flows on from there in its place. So it does
not matter how the script was written, and fused or skipped steps need no special case: they are
cut elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial

import torch

from grader.reference.script import Edge, ForwardRun

Tensors = Mapping[str, torch.Tensor]


class CutNetwork:
    """One run of the forward script with some of its tensors cut."""

    def __init__(self, run: ForwardRun, cuts: Iterable[str], loss: str) -> None:
        """cuts: forward tensors; inputs that stand among them are none."""
        self._run = run
        self._loss = loss
        self._cuts = [name for name in cuts if name not in run.inputs]

    def expected(self, target: str, cotangents: Tensors) -> torch.Tensor:
        """The gradient of `target`: all cuts with a cotangent and the loss together.

        cotangents: cut name → cotangent of that tensor's shape; cuts without one count as zero.
        """
        tensor = self._run.tensor(target)
        same = self._same(target)
        if same is not None:
            return cotangents.get(same, torch.zeros_like(tensor))
        with self._flowing(target, cotangents):
            return _gradient(self._total(target, cotangents), tensor)

    def all_expected(self, targets: Iterable[str], cotangents: Tensors) -> dict[str, torch.Tensor]:
        """The same of several targets in one pass; everything between any two must be cut."""
        found: dict[str, torch.Tensor] = {}
        single = [name for name in targets if self._same(name) is None]
        tensors = {name: self._run.tensor(name) for name in single}

        with ExitStack() as stack:
            for name, tensor in tensors.items():  # before what flows in is thrown away
                handle = tensor.register_hook(partial(_keep, found, name))  # type: ignore[no-untyped-call]
                stack.callback(handle.remove)
            stack.enter_context(self._flowing("", cotangents))
            total = self._total("", cotangents)
            if total.requires_grad:
                wanted = [*tensors.values()]
                torch.autograd.grad(total, wanted, retain_graph=True, allow_unused=True)
        zeros = {name: torch.zeros_like(t) for name, t in tensors.items() if name not in found}
        others = {n: self.expected(n, cotangents) for n in targets if n not in tensors}
        return found | zeros | others

    def paths(self, target: str, cotangents: Tensors) -> dict[str, torch.Tensor]:
        """What each cut, and the loss itself, contributes to the gradient of `target`.

        Keys of the result: those cuts through which `target` has influence, and the loss's
        name; all of the shape of `target`.
        """
        tensor = self._run.tensor(target)
        found = {}
        names = [name for name in self._cuts if name in cotangents and name != target]
        loss = [self._loss] if self._loss not in self._cuts and self._loss != target else []
        for name in [*names, *loss]:
            if self._run.edge(target) not in self._run.reached(name, self._stops(target)):
                continue
            given = {name: cotangents[name]} if name in names else {}
            with self._flowing(target, given):
                output = self._run.tensor(name)
                total = (output * given[name]).sum() if given else output.sum()
                found[name] = _gradient(total, tensor)
        return found

    def _stops(self, target: str) -> set[Edge]:
        return {edge for name, edge in self._edges.items() if name != target}

    @cached_property
    def _edges(self) -> dict[str, Edge]:
        return {name: self._run.edge(name) for name in self._cuts if self._run.has(name)}

    def _same(self, target: str) -> str | None:
        """A cut that is the very tensor of `target` under another name."""
        if target in self._cuts:
            return None
        edge = self._run.edge(target)
        return next((name for name, cut in self._edges.items() if cut == edge), None)

    @contextmanager
    def _flowing(self, target: str, cotangents: Tensors) -> Iterator[None]:
        """While this lasts, cotangents flow on from the cuts, and nothing from those without."""
        with ExitStack() as stack:
            for name in self._edges:
                if name == target:
                    continue
                tensor = self._run.tensor(name)
                given = cotangents.get(name)
                given = torch.zeros_like(tensor) if given is None else given.to(tensor.dtype)
                handle = tensor.register_hook(partial(_instead, given.expand_as(tensor)))  # type: ignore[no-untyped-call]
                stack.callback(handle.remove)
            yield

    def _total(self, target: str, cotangents: Tensors) -> torch.Tensor:
        """A scalar from which the cotangents of all cuts are reached, as the loss is.

        Most cuts lie on the loss's own ways. The others are added, ⟨output, 0⟩ each: what flows in
        does not matter.
        """
        loss = self._run.tensor(self._loss)
        total = loss if self._loss != target else torch.zeros(())
        live = self._live if self._loss != target else set()
        for name, edge in self._edges.items():
            if name in cotangents and name not in (target, self._loss) and edge not in live:
                total = total + (self._run.tensor(name) * 0).sum()
        return total

    @cached_property
    def _live(self) -> set[Edge]:
        return self._run.reached(self._loss, ())


def _keep(found: dict[str, torch.Tensor], name: str, gradient: torch.Tensor) -> None:
    found[name] = gradient


def _instead(given: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    return given


def _gradient(total: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
    if not total.requires_grad:
        return torch.zeros_like(tensor)
    (found,) = torch.autograd.grad(total, tensor, retain_graph=True, allow_unused=True)
    return torch.zeros_like(tensor) if found is None else found
