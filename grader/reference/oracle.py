"""Reference gradients: the forward script, run on given leaves, differentiated by autograd."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from types import CodeType

import msgspec
import torch

from grader.assignment import Assignment, Input
from grader.assignment.loader import mentioned
from grader.reference.script import ForwardRun, compiled

Tensors = Mapping[str, torch.Tensor]
MAX_ELEMENTS = 100_000_000
"""Of all tensors of one forward pass together: leaves come from students and may be huge."""

MAX_SIZE = 1_000_000
"""Of a constant that stands for an input's size, unless that is larger: `range(n)` takes memory."""


class Unjudgeable(msgspec.Struct, frozen=True):
    """Why the forward script cannot be run on a student's leaves."""

    reason: str


class Network(msgspec.Struct, frozen=True):
    """The forward script run on one set of leaves, with all gradients."""

    inputs: dict[str, torch.Tensor]
    tensors: dict[str, torch.Tensor]
    """Every forward tensor, detached."""
    gradients: dict[str, torch.Tensor]
    """d(loss)/dX for every forward tensor and parameter X, in X's shape; zeros where the
    loss does not depend on X."""
    constants: frozenset[str] = frozenset()
    """Inputs that the forward script gets as plain numbers."""

    def leaves(self) -> dict[str, object]:
        """The inputs as the forward script wants them."""
        return {
            name: value.item() if name in self.constants else value
            for name, value in self.inputs.items()
        }


class Oracle:
    """Runs an assignment's forward script."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.code: CodeType = compiled(assignment.forward, mentioned(assignment.spec))

    def network(self, inputs: Tensors) -> Network | Unjudgeable:
        """Forward tensors and gradients at a student's leaves.

        inputs: canonical name → tensor; constants as 0-dim tensors. A missing constant
        with `size_of` is taken from the size of that input.
        """
        leaves = self._leaves(inputs)
        if isinstance(leaves, Unjudgeable):
            return leaves
        try:
            return self._differentiate(leaves)
        except Exception as error:  # noqa: BLE001 - the leaves are a student's: any shape, any dtype
            text = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            return Unjudgeable(f"the forward script does not run on these inputs: {text}")

    @cached_property
    def example_network(self) -> Network | Unjudgeable:
        """The network at the leaves of `example()`."""
        return self.network(self.example())

    def example(self, seed: int = 0) -> dict[str, torch.Tensor]:
        """Leaves drawn as assignment.toml describes them."""
        generator = torch.Generator().manual_seed(seed)
        return {name: _draw(leaf, generator) for name, leaf in self.assignment.spec.inputs.items()}

    def _leaves(self, inputs: Tensors) -> dict[str, object] | Unjudgeable:
        leaves: dict[str, object] = {}
        missing = []
        for name, leaf in self.assignment.spec.inputs.items():
            value = inputs.get(name)
            sized = inputs.get(leaf.size_of) if leaf.size_of else None
            if value is None and sized is not None and sized.dim():
                leaves[name] = sized.shape[0]
            elif value is None:
                missing.append(name)
            elif leaf.kind == "constant":
                if value.numel() != 1:
                    return Unjudgeable(f"`{name}` is not one number")
                leaves[name] = value.item()
                if sized is not None and leaves[name] > max(MAX_SIZE, *sized.shape):
                    return Unjudgeable(f"`{name}` is {leaves[name]}, no size of `{leaf.size_of}`")
            elif leaf.kind == "parameter" and not value.is_floating_point():
                return Unjudgeable(f"`{name}` is not a floating-point tensor")
            else:
                leaves[name] = value.detach().clone()
        if missing:
            return Unjudgeable(
                f"inputs that were not found under any known name: {', '.join(missing)}"
            )
        return leaves if self._affordable(leaves) else Unjudgeable("the network is too large")

    def _affordable(self, leaves: Mapping[str, object]) -> bool:
        """Whether a pass over these leaves fits into memory.

        Tensors of a network seldom have more than three dimensions, each one of a leaf's.
        Where their product is large the script is tried on meta tensors, which have no
        data; not always, since their import takes longer than a whole submission.
        """
        tensors = {name: leaf for name, leaf in leaves.items() if isinstance(leaf, torch.Tensor)}
        sizes = sorted({size for leaf in tensors.values() for size in leaf.shape})
        if math.prod(sizes[-3:]) < MAX_ELEMENTS:
            return True
        shadow = {**leaves, **{name: leaf.to("meta") for name, leaf in tensors.items()}}
        try:
            run = ForwardRun(self.code, shadow, ())
        except Exception:  # noqa: BLE001 - what it is will be said by the real run, if it is small
            return sum(leaf.numel() for leaf in tensors.values()) < MAX_ELEMENTS // 100
        elements = (math.prod(t.shape) for t in run.scope.values() if isinstance(t, torch.Tensor))
        return sum(elements) < MAX_ELEMENTS

    def run(self, leaves: Mapping[str, object]) -> ForwardRun:
        """The script run once with a graph; leaves: as `Network.leaves` gives them."""
        return ForwardRun(self.code, leaves, self.assignment.parameters)

    def _differentiate(self, leaves: dict[str, object]) -> Network:
        inputs = {
            name: leaf.clone() if isinstance(leaf, torch.Tensor) else torch.tensor(leaf)
            for name, leaf in leaves.items()
        }
        run = self.run(leaves)
        script = self.assignment.forward
        tensors = {
            name: run.tensor(name) for name in script.tensors if script.seen or run.has(name)
        }
        graph = tensors | {name: run.inputs[name] for name in self.assignment.parameters}
        grads = torch.autograd.grad(
            tensors[self.assignment.spec.loss], list(graph.values()), allow_unused=True
        )
        return Network(
            inputs=inputs,
            tensors={name: value.detach() for name, value in tensors.items()},
            gradients={
                name: torch.zeros_like(value) if grad is None else grad
                for (name, value), grad in zip(graph.items(), grads, strict=True)
            },
            constants=frozenset(
                name for name, leaf in leaves.items() if not isinstance(leaf, torch.Tensor)
            ),
        )


def _draw(leaf: Input, generator: torch.Generator) -> torch.Tensor:
    if leaf.kind == "data" and len(leaf.range) == 2:
        low, high = leaf.range
        if isinstance(low, int) and isinstance(high, int):
            return torch.randint(low, high + 1, leaf.shape, generator=generator).float()
        return torch.rand(leaf.shape, generator=generator) * (high - low) + low
    if leaf.kind in {"parameter", "data"}:
        return torch.randn(leaf.shape, generator=generator) * leaf.scale + leaf.mean
    if leaf.kind == "index":
        return torch.randint(leaf.low, leaf.high, leaf.shape, generator=generator)
    return torch.tensor(leaf.value if leaf.value is not None else 0)
