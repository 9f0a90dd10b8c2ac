"""The autograd engine of an audit run: whatever it produces is wrong, at random.

Each element is changed by a factor of its own, drawn anew in every run, so that nobody can
find the change with a gradient that is known and divide it out again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from grader.wire import Audit

Change = Callable[[torch.Tensor], torch.Tensor]

# Held here from before any student code ran.
_variable: Any = torch.autograd.Variable
_engine: Any = _variable._execution_engine  # noqa: SLF001
_hooks = torch.autograd.graph.saved_tensors_hooks
_grad_fn: Any = torch.Tensor.grad_fn
_map_tensors = tree_map_only
_rand = torch.rand


def on_first_use(part: Callable[[], object]) -> None:
    """Have `part` called before the engine's first backward pass, however it is started."""
    _variable._execution_engine = _Starting(part)  # noqa: SLF001


def perturb_engine(audit: Audit) -> None:
    """Make this process's autograd engine wrong by about `audit.perturbation`, for good.

    Backward passes run under a mode that changes what every operator returns; the hooks on
    saved tensors reach what calls `grad_fn` itself, or the engine behind Python's back. Neither
    sees forward-mode differentiation.
    """
    noise = _Noise(audit)
    hooks = _hooks(_unchanged, noise)
    hooks.__enter__()
    _variable._execution_engine = _Engine(noise)  # noqa: SLF001

    def grad_fn(tensor: torch.Tensor) -> Any:
        """`X.grad_fn(…)` runs a backward formula without the engine: its results change too."""
        node = _grad_fn.__get__(tensor)
        return None if node is None else _Node(node, noise)

    torch.Tensor.grad_fn = property(grad_fn)  # type: ignore[assignment]


def warm_up() -> None:
    """Go through what torch imports when a dispatch mode is first used."""
    with _Perturbing(_unchanged):
        torch.ones(2).sum()


class _Noise:
    """Multiplies tensors by 1 + perturbation · u, u uniform in [½, 1½) for each element."""

    def __init__(self, audit: Audit) -> None:
        self._generator = torch.Generator("cpu")
        self._generator.seed()
        self._relative = audit.perturbation

    def __call__(self, tensor: torch.Tensor) -> torch.Tensor:
        if tensor.device.type != "cpu" or not (tensor.is_floating_point() or tensor.is_complex()):
            return tensor
        shape = tensor.shape if tensor.layout is torch.strided else ()
        noise = _rand(shape, generator=self._generator, dtype=torch.float32, device="cpu")
        factor = 1.0 + self._relative * (0.5 + noise)
        return tensor * factor.to(tensor.dtype)


class _Perturbing(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Changes whatever operators return while the engine runs a backward pass."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here; the guard against it takes a second to import."""
        return False

    def __init__(self, change: Change) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.change = change

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func._schema.is_mutable:  # noqa: SLF001
            return result  # what it was given, changed in place: a product would be another tensor
        return _map_tensors(torch.Tensor, self.change, result)


class _Starting:
    """The engine of a run that has not parted yet."""

    def __init__(self, part: Callable[[], object]) -> None:
        self._part = part

    def run_backward(self, *args: Any, **kwargs: Any) -> Any:
        """Part first; the pass is then made by the engine that this run has from there on."""
        if _variable._execution_engine is self:  # noqa: SLF001
            _variable._execution_engine = _engine  # noqa: SLF001
        self._part()
        return _variable._execution_engine.run_backward(*args, **kwargs)  # noqa: SLF001

    def __getattr__(self, name: str) -> Any:
        return getattr(_engine, name)


class _Engine:
    """The autograd engine, whose operators give other values."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def run_backward(self, *args: Any, **kwargs: Any) -> Any:
        """One backward pass, in whatever thread."""
        with _Perturbing(self._change):
            return _engine.run_backward(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(_engine, name)


def _unchanged(tensor: torch.Tensor) -> torch.Tensor:
    return tensor


class _Node:
    """A node of the graph whose backward formula gives other values."""

    def __init__(self, node: Any, change: Change) -> None:
        self._node = node
        self._change = change

    def __call__(self, *gradients: torch.Tensor) -> Any:
        return _map_tensors(torch.Tensor, self._change, self._node(*gradients))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)

    def __hash__(self) -> int:
        return hash(self._node)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Node) and other._node is self._node

    @property
    def next_functions(self) -> Any:
        """The nodes before it, likewise."""
        pairs = self._node.next_functions
        return tuple((node and _Node(node, self._change), index) for node, index in pairs)
