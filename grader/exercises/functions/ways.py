"""The oracle's ways back, each of which a student may have left out, turned or kept as it came.

autograd's own graph of the exercise's forward function is run backward once more with one thing
changed: what comes out says which mistake makes what the student has. This is the place for a
more general search.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
import torch

Node = Any
Change = Callable[[Node, torch.Tensor, torch.Tensor], torch.Tensor]
"""A node, what leaves it along a way, what came into it → what is to leave it instead."""
MAX_NODES = 400
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
}
ELEMENTWISE = frozenset(
    {"tanh", "sigmoid", "relu", "exp", "log", "sqrt", "pow", "reciprocal", "softmax", "logsoftmax"}
)


class Way(msgspec.Struct, frozen=True):
    """One input of one operation of the forward pass, as the gradient goes back to it."""

    node: Node
    index: int
    forks: bool
    """What is read here is read elsewhere, too: contributions add up."""

    @property
    def operation(self) -> str:
        return _operation(self.node)

    @property
    def following(self) -> Node:
        return self.node.next_functions[self.index][0]

    @property
    def words(self) -> str:
        """The operation for people."""
        name = self.operation
        return WORDS.get(name, f"`{name}`")

    @property
    def kind(self) -> tuple[str, int]:
        """The same for every step of a sequence."""
        return self.operation, self.index


def _operation(node: Node) -> str:
    return re.sub(r"Backward\d*$", "", str(node.name())).lower()


class WaysBack:
    """The graph of one forward pass."""

    def __init__(
        self,
        outputs: Mapping[str, torch.Tensor],
        weights: Mapping[str, torch.Tensor],
        leaves: Mapping[str, torch.Tensor],
        sizes: Sequence[tuple[str, int, int]] = (),
    ) -> None:
        """sizes: name of an argument, dimension, and its size there."""
        self.sizes = list(sizes)
        self._roots = [outputs[key] for key in weights if outputs[key].requires_grad]
        self._weights = [weights[key] for key in weights if outputs[key].requires_grad]
        self._leaves = dict(leaves)
        self.ways = list(self._collected())
        self._known: dict[Any, dict[str, torch.Tensor]] = {}

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


def dropped(_: Node, leaving: torch.Tensor, __: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(leaving)


def turned(_: Node, leaving: torch.Tensor, __: torch.Tensor) -> torch.Tensor:
    return -leaving


def doubled(_: Node, leaving: torch.Tensor, __: torch.Tensor) -> torch.Tensor:
    return 2 * leaving


def halved(_: Node, leaving: torch.Tensor, __: torch.Tensor) -> torch.Tensor:
    return leaving / 2


def mistaken(way: Way) -> Iterator[Change]:
    """Other local derivatives that people take for this operation's."""
    if way.operation == "relu":
        yield _masked_by_upstream
    if way.operation in AVERAGING:
        yield _averaged_otherwise
    yield from (_by_result(local) for local in RESULTS.get(way.operation, ()))


RESULTS: dict[str, tuple[Callable[[torch.Tensor], torch.Tensor], ...]] = {
    "tanh": (lambda t: 1 - t, lambda t: 1 + t**2, lambda t: t * (1 - t)),
    "sigmoid": (lambda s: 1 - s, lambda s: s, lambda s: 1 - s**2),
    "sqrt": (lambda r: 1 / r, lambda r: r / 2),
}
"""What is made of the operation's result in the place of its derivative."""


AVERAGING = {"mean": 1, "var": 1, "sum": -1}
"""Whether a sum is taken for an average on the way back, or an average for a sum."""


def _averaged_otherwise(node: Node, leaving: torch.Tensor, coming: torch.Tensor) -> torch.Tensor:
    count = leaving.numel() / max(1, coming.numel())
    return leaving * float(count ** AVERAGING[_operation(node)])


def _masked_by_upstream(_: Node, leaving: torch.Tensor, coming: torch.Tensor) -> torch.Tensor:
    return coming * (coming > 0) if coming.shape == leaving.shape else leaving


@cache
def _by_result(local: Callable[[torch.Tensor], torch.Tensor]) -> Change:
    def change(node: Node, leaving: torch.Tensor, coming: torch.Tensor) -> torch.Tensor:
        result = getattr(node, "_saved_result", None)
        return leaving if result is None else coming * local(result.detach())

    return change


def passed_on(_: Node, leaving: torch.Tensor, coming: torch.Tensor) -> torch.Tensor:
    """Without the operation's own derivative."""
    return coming if coming.shape == leaving.shape else leaving
