"""Forward passes as the run goes through them: leaves copied at the start, tensors kept."""

from __future__ import annotations

import math
import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from grader.protocol import RunRequest
from grader.worker.snapshot import snapshot

MAX_CAPTURED = 200_000
"""Elements of a variable that is only perhaps an input: a whole data set is none."""
MAX_CONTAINERS = 400
"""Variables that are looked into for inputs under their own names."""
MARK = "·"
"""Between a variable and its key, as `grader.analysis.statements` writes it."""
_NO_CONTAINERS = (types.ModuleType, type, types.FunctionType, torch.Tensor, torch.nn.Parameter)
_finite = math.isfinite


class OpenPass:
    """One forward pass."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.inputs: dict[str, torch.Tensor] = {}
        """Student's variable → copy of its value when the pass began."""
        self.arrays: set[str] = set()
        """Those that are numpy arrays."""
        self.numbers: dict[str, int | float] = {}
        """Student's variable → plain number."""
        self.tensors: dict[str, Any] = {}
        """Canonical forward tensor → the student's object."""
        self.objects: dict[str, Any] = {}
        """Input by the student's variable → the object that was copied."""
        self.sent = False


class Passes:
    """The forward passes of a run, told apart as they happen."""

    def __init__(self, request: RunRequest, namespace: Mapping[str, Any]) -> None:
        self.request = request
        self.namespace = namespace
        self.current = OpenPass(-1)

    def canonical(self, name: str) -> str:
        """The forward script's name of a student's tensor."""
        key = name.rpartition(MARK)[2]
        return self.request.forward.get(key, key)

    def begins(self, names: Sequence[str], local: Mapping[str, Any]) -> bool:
        """Whether computing these tensors from inputs alone starts a new pass. One that has no
        tensors yet was begun by something that only may have been a gradient.
        """
        done = self.current.tensors
        again = any(self.canonical(name) in done for name in names)
        if done and self.request.loss not in done and not again:
            return self._other_inputs(local)
        return True

    def look(self, name: str, local: Mapping[str, Any]) -> Any:
        """What stands under a name, or under the key of a container: `P·W1` is `P["W1"]`."""
        root, _, key = name.partition(MARK)
        value = self._variable(root, local)
        if not key:
            return value
        element = _element(value, key)
        if element is None and isinstance(value, torch.Tensor | np.ndarray):
            return _picked(value, self._variable(key, local))  # `X[rows]`, without a name
        return element

    def _variable(self, name: str, local: Mapping[str, Any]) -> Any:
        return local[name] if name in local else self.namespace.get(name)

    def _contained(self, names: Iterable[str], local: Mapping[str, Any]) -> None:
        """Inputs that stand nowhere but as elements of some dictionary or object."""
        missing = {
            n for n in names if n not in self.current.inputs and n not in self.current.numbers
        }
        holders = [v for scope in (local, self.namespace) for v in list(scope.values())]
        for holder in holders[-MAX_CONTAINERS:] if missing else ():
            keys = set(holder) if type(holder) is dict else set(getattr(holder, "__dict__", ()))
            if type(holder) in _NO_CONTAINERS:
                continue
            for name in missing & {key for key in keys if type(key) is str}:
                value = _element(holder, name)
                if isinstance(value, torch.Tensor | np.ndarray):
                    self._take(name, value, self.request.limits.tensor_elements)
                    missing.discard(name)

    def _other_inputs(self, local: Mapping[str, Any]) -> bool:
        """Whether an input stands under its name that is not the pass's own."""
        for name, known in self.current.objects.items():
            value = self.look(name, local)
            if value is not known and value is not None:
                return True
        return False

    def begin(self) -> None:
        """Start a new pass."""
        self.current = OpenPass(self.current.number + 1)

    def capture(self, local: Mapping[str, Any]) -> None:
        """Copy what the pass and its slices begin with, each name once."""
        if self.current.sent:
            return
        limit = self.request.limits.tensor_elements
        for name in self.request.inputs:
            self._capture(name, local, limit)
        for name in self.request.captures:
            self._capture(name, local, limit if MARK in name else min(limit, MAX_CAPTURED))
        self._contained(self.request.inputs, local)

    def _capture(self, name: str, local: Mapping[str, Any], limit: int) -> None:
        during = self.current
        if name in during.inputs or name in during.numbers:
            return
        value = self.look(name, local)
        if type(value) in {int, float} and _finite(value) and abs(value) < 1 << 53:
            during.numbers[name] = value
            return
        self._take(name, value, limit)

    def _take(self, name: str, value: Any, limit: int) -> None:
        during = self.current
        described, copy = snapshot(value, limit=limit)
        if copy is not None:
            during.inputs[name] = copy
            if name in self.request.inputs:
                during.objects[name] = value
            if described.kind == "array":
                during.arrays.add(name)


def _element(value: Any, key: str) -> Any:
    """`value["key"]` or `value.key`; None where there is none."""
    try:
        return value[key] if isinstance(value, dict) else getattr(value, key)
    except Exception:  # noqa: BLE001 - the student's object may do anything when looked at
        return None


def _picked(value: Any, rows: Any) -> Any:
    """`value[rows]` of two tensors or arrays; None where there is none."""
    if not isinstance(rows, torch.Tensor | np.ndarray):
        return None
    try:
        return value[rows]
    except Exception:  # noqa: BLE001 - they may not fit
        return None
