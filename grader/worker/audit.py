"""The audit run: probes for gradients, noise on parameters, another autograd engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from grader.wire import Audit

_clone = torch.Tensor.clone
_equal = torch.equal
_rms_floor = 0.1
"""Noise on parameters that are all zero, against one of RMS 1."""


class AuditRun:
    """What makes a run an audit run."""

    def __init__(self, audit: Audit, tensors: dict[str, torch.Tensor]) -> None:
        self.audit = audit
        self.generator = torch.Generator().manual_seed(audit.seed)
        self.probes = _keyed(tensors, "probe/")
        self.orphans = _keyed(tensors, "orphan/")
        self.example = _keyed(tensors, "example/")
        self._given: dict[int, tuple[torch.Tensor, torch.Tensor, str]] = {}

    def begin(self, namespace: dict[str, Any]) -> None:
        """From here on this process is an audit run."""
        for name, tensor in self.orphans.items():
            if namespace.get(name) is None:
                namespace[name] = self._give(tensor, f"orphan/{name}")
        perturb_engine(self.audit.perturbation)

    def probe(self, lifetime: int, occurrence: int) -> torch.Tensor | None:
        """A fresh copy of the probe for a lifetime; None where it has none."""
        for key in (f"{lifetime}/{occurrence}", f"{lifetime}/0"):
            if key in self.probes:
                return self._give(self.probes[key], f"probe/{key}")
        return None

    def name_of(self, value: Any) -> str | None:
        """Which probe a value is, if it is one that nobody has changed."""
        given = self._given.get(id(value))
        if given is None or given[0] is not value or not _equal(given[0], given[1]):
            return None
        return given[2]

    def jitter(self, parameters: Iterable[torch.Tensor]) -> None:
        """Add noise to parameters in place, unseen by autograd."""
        for parameter in parameters:
            data = parameter.detach()
            noise = torch.randn(data.shape, generator=self.generator, dtype=torch.float32)
            rms = float(data.double().square().mean().sqrt()) or _rms_floor
            parameter.data.add_((noise * self.audit.jitter * rms).to(data.dtype))

    def _give(self, tensor: torch.Tensor, key: str) -> torch.Tensor:
        copy = _clone(tensor)
        self._given[id(copy)] = (copy, tensor, key)
        return copy


def _keyed(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


class _Perturbing(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Changes whatever operators return while the engine runs a backward pass."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here; the guard against it takes a second to import."""
        return False

    def __init__(self, factor: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.changed = _times(factor)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func._schema.is_mutable:  # noqa: SLF001
            return result  # what it was given, changed in place: a product would be another tensor
        return tree_map_only(torch.Tensor, self.changed, result)


class _Engine:
    """The autograd engine, whose operators give other values."""

    def __init__(self, engine: Any, factor: float) -> None:
        self._engine = engine
        self._factor = factor

    def run_backward(self, *args: Any, **kwargs: Any) -> Any:
        """One backward pass, in whatever thread."""
        with _Perturbing(self._factor):
            return self._engine.run_backward(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def warm_up() -> None:
    """Go through what torch imports when a dispatch mode is first used."""
    with _Perturbing(1.0):
        torch.ones(2).sum()


def perturb_engine(relative: float) -> None:
    """Make this process's autograd engine wrong by about `relative`, for good.

    Backward passes run under a mode that changes what every operator returns; the hooks on
    saved tensors reach what calls `grad_fn` itself, or the engine behind Python's back. Neither
    sees forward-mode differentiation. Their factors differ, or a quotient by a saved tensor
    would come out right.
    """
    hooks = torch.autograd.graph.saved_tensors_hooks(_unchanged, _times(1.0 + relative))
    hooks.__enter__()
    variable: Any = torch.autograd.Variable
    variable._execution_engine = _Engine(  # noqa: SLF001
        variable._execution_engine,  # noqa: SLF001
        1.0 + relative * math.sqrt(2),
    )
    _perturb_nodes(_times(1.0 + relative * math.sqrt(3)))


def _unchanged(tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def _times(factor: float) -> Callable[[torch.Tensor], torch.Tensor]:
    def changed(tensor: torch.Tensor) -> torch.Tensor:
        return tensor * factor if tensor.is_floating_point() else tensor

    return changed


def _perturb_nodes(changed: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """`X.grad_fn(…)` runs a backward formula without the engine: its results change too."""
    original: Any = torch.Tensor.grad_fn

    def grad_fn(tensor: torch.Tensor) -> Any:
        node = original.__get__(tensor)
        return None if node is None else _Node(node, changed)

    torch.Tensor.grad_fn = property(grad_fn)  # type: ignore[assignment]


class _Node:
    """A node of the graph whose backward formula gives other values."""

    def __init__(self, node: Any, changed: Callable[[torch.Tensor], torch.Tensor]) -> None:
        self._node = node
        self._changed = changed

    def __call__(self, *gradients: torch.Tensor) -> Any:
        return tree_map_only(torch.Tensor, self._changed, self._node(*gradients))

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
        return tuple((node and _Node(node, self._changed), index) for node, index in pairs)
