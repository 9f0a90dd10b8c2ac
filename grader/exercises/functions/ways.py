"""The oracle's ways back, each of which a student may have left out, turned or kept as it came.

autograd's own graph of the exercise's forward function is run backward once more with one thing
changed: what comes out says which mistake makes what the student has. This is the place for a
more general search.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

import msgspec
import torch

Node = Any
Change = Callable[[Node, torch.Tensor, torch.Tensor], torch.Tensor]
"""A node, what leaves it along a way, what came into it → what is to leave it instead."""
MAX_NODES = 400
SAVED = ("_saved_result", "_saved_self", "_saved_other", "_saved_mat1", "_saved_mat2")
WORDS = {
    "mm": "the matrix product",
    "bmm": "the matrix product",
    "addmm": "the matrix product",
    "mul": "a product",
    "div": "a quotient",
    "sub": "a difference",
    "add": "a sum",
    "mean": "the mean",
    "var": "the variance",
    "sum": "a sum over a dimension",
    "pow": "a power",
    "sqrt": "the square root",
    "rsqrt": "the square root",
    "cat": "a concatenation",
    "index": "an index",
    "select": "one step",
    "unbind": "one step",
    "convolution": "the convolution",
    "maxpool2dwithindices": "the pooling",
    "avgpool2d": "the pooling",
}
OPERANDS = {
    "mm": ("_saved_mat2", "_saved_self"),
    "mul": ("_saved_other", "_saved_self"),
}
"""Operation → what each of its inputs was multiplied with."""


class Way(msgspec.Struct, frozen=True):
    """One input of one operation of the forward pass, as the gradient goes back to it."""

    node: Node
    index: int
    forks: bool
    """What is read here is read elsewhere, too: contributions add up."""

    @property
    def operation(self) -> str:
        return operation_of(self.node)

    @property
    def following(self) -> Node:
        return self.node.next_functions[self.index][0]

    @property
    def operand(self) -> torch.Tensor | None:
        """Of a product, what the gradient is multiplied with."""
        names = OPERANDS.get(self.operation)
        held = getattr(self.node, names[self.index], None) if names else None
        return held.detach() if isinstance(held, torch.Tensor) else None

    @property
    def words(self) -> str:
        """The operation for people."""
        return words(self.node)

    @property
    def kind(self) -> tuple[str, int]:
        """The same for every step of a sequence."""
        return self.operation, self.index


def operation_of(node: Node) -> str:
    return re.sub(r"Backward\d*$", "", str(node.name())).lower()


def words(node: Node) -> str:
    """An operation for people."""
    name = operation_of(node)
    if getattr(node, "_saved_exponent", None) == 2:
        return "a square"
    return WORDS.get(name, f"`{name}`")


class WaysBack:
    """The graph of one forward pass."""

    def __init__(
        self,
        outputs: Mapping[str, torch.Tensor],
        weights: Mapping[str, torch.Tensor],
        leaves: Mapping[str, torch.Tensor],
        arguments: Mapping[str, torch.Tensor] = MappingProxyType({}),
    ) -> None:
        """arguments: all that are arrays, also those that have no gradient."""
        self.arguments = {name: each.detach().double() for name, each in arguments.items()}
        self.sizes = [
            (name, dim, size)
            for name, each in arguments.items()
            for dim, size in enumerate(each.shape)
        ]
        """Name of an argument, dimension, and its size there."""
        self._roots = [outputs[key] for key in weights if outputs[key].requires_grad]
        self._weights = [weights[key] for key in weights if outputs[key].requires_grad]
        self._leaves = dict(leaves)
        self.ways = list(self._collected())
        self._known: dict[Any, dict[str, torch.Tensor]] = {}
        self.nodes = list(dict.fromkeys(way.node for way in self.ways))

    @property
    def scalar(self) -> bool:
        """It is a loss that is differentiated."""
        return all(weight.numel() == 1 for weight in self._weights)

    def consumers(self, leaf: str) -> list[Way]:
        """The ways by which a leaf's gradient comes back to it."""
        own = self._leaves[leaf]
        return [way for way in self.ways if getattr(way.following, "variable", None) is own]

    def gradients(
        self, changes: Mapping[Way, Change], *, upstream: bool = True
    ) -> dict[str, torch.Tensor]:
        """Every leaf's gradient with these ways changed; without upstream, with ones for it."""
        asked = frozenset(changes.items()), upstream
        if asked not in self._known:
            self._known[asked] = self._differentiated(changes, upstream=upstream)
        # copies: what a course teaches may be made in place
        return {name: gradient.clone() for name, gradient in self._known[asked].items()}

    def with_incoming(
        self, node: int, tensor: torch.Tensor | None, factor: float, key: Any
    ) -> dict[str, torch.Tensor]:
        """Every leaf's gradient if this came into a node; without a tensor, ones.

        key: what the tensor is known by.
        """
        if (node, key, factor) not in self._known:

            def hook(coming: Any) -> Any:
                if coming[0] is None:  # of several outputs, one that nothing reads
                    return coming
                made = torch.ones_like(coming[0]) if tensor is None else tensor
                fits = made.shape == coming[0].shape
                return (factor * made.to(coming[0]) if fits else coming[0], *coming[1:])

            handle = self.nodes[node].register_prehook(hook)
            try:
                self._known[node, key, factor] = self._differentiated({}, upstream=True)
            finally:
                handle.remove()
        return {name: gradient.clone() for name, gradient in self._known[node, key, factor].items()}

    @cached_property
    def incoming(self) -> list[tuple[int, ...]]:
        """The shape of what comes into each node."""
        found: dict[Node, tuple[int, ...]] = {}

        def look(node: Node) -> Callable[[Any], None]:
            return lambda coming: found.update(
                {} if coming[0] is None else {node: tuple(coming[0].shape)}
            )

        handles = [node.register_prehook(look(node)) for node in self.nodes]
        try:
            self._differentiated({}, upstream=True)
        finally:
            for handle in handles:
                handle.remove()
        return [found.get(node, ()) for node in self.nodes]

    @cached_property
    def tensors(self) -> list[torch.Tensor]:
        """What the forward pass has computed and kept for its way back, each once."""
        kept: dict[int, torch.Tensor] = {}
        for node in self.nodes:
            for name in SAVED:
                held = getattr(node, name, None)
                if isinstance(held, torch.Tensor):
                    kept.setdefault(held.data_ptr(), held.detach())
        return list(kept.values())

    def _differentiated(
        self, changes: Mapping[Way, Change], *, upstream: bool
    ) -> dict[str, torch.Tensor]:
        weights = self._weights if upstream else [torch.ones_like(w) for w in self._weights]
        by_node: dict[Node, dict[int, Change]] = {}
        for way, change in changes.items():
            by_node.setdefault(way.node, {})[way.index] = change
        handles = [node.register_hook(_hook(node, each)) for node, each in by_node.items()]
        try:
            found = torch.autograd.grad(
                self._roots,
                list(self._leaves.values()),
                weights,
                retain_graph=True,
                allow_unused=True,
            )
        finally:
            for handle in handles:
                handle.remove()
        return {
            name: torch.zeros_like(leaf) if gradient is None else gradient.detach()
            for (name, leaf), gradient in zip(self._leaves.items(), found, strict=True)
        }

    def _collected(self) -> Iterator[Way]:
        waiting = [root.grad_fn for root in self._roots]
        nodes: dict[Node, None] = {}
        while waiting and len(nodes) < MAX_NODES:
            node = waiting.pop(0)
            if node is not None and node not in nodes:
                nodes[node] = None
                waiting += [following for following, _ in node.next_functions]
        read = Counter(edge for node in nodes for edge in node.next_functions if edge[0])
        for node in nodes:
            for index, edge in enumerate(node.next_functions):
                if edge[0] is not None:
                    yield Way(node, index, read[edge] > 1)


def _hook(node: Node, changes: Mapping[int, Change]) -> Callable[[Any, Any], Any]:
    def hook(leaving: Any, coming: Any) -> Any:
        return tuple(
            each if each is None or index not in changes else changes[index](node, each, coming[0])
            for index, each in enumerate(leaving)
        )

    return hook
