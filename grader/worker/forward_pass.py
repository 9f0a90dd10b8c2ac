"""Forward passes as the run goes through them: leaves copied at the start, tensors kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from grader.wire import RunRequest
from grader.worker.snapshot import snapshot

MAX_CAPTURED = 200_000
"""Elements of a variable that is only perhaps an input: a whole data set is none."""
_finite = math.isfinite


class Pass:
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
        self.current = Pass(-1)

    def canonical(self, name: str) -> str:
        """The forward script's name of a student's tensor."""
        return self.request.forward.get(name, name)

    def begins(self, names: Sequence[str], local: Mapping[str, Any]) -> bool:
        """Whether computing these tensors from inputs alone starts a new pass."""
        done = self.current.tensors
        again = any(self.canonical(name) in done for name in names)
        if self.current.number >= 0 and self.request.loss not in done and not again:
            return self._other_inputs(local)
        return True

    def _other_inputs(self, local: Mapping[str, Any]) -> bool:
        """Whether an input stands under its name that is not the pass's own."""
        for name, known in self.current.objects.items():
            value = local[name] if name in local else self.namespace.get(name)
            if value is not known and value is not None:
                return True
        return False

    def begin(self) -> None:
        """Start a new pass."""
        self.current = Pass(self.current.number + 1)

    def capture(self, local: Mapping[str, Any]) -> None:
        """Copy what the pass and its slices begin with, each name once."""
        if self.current.sent:
            return
        limit = self.request.limits.tensor_elements
        for name in self.request.inputs:
            self._capture(name, local, limit)
        for name in self.request.captures:
            self._capture(name, local, min(limit, MAX_CAPTURED))

    def _capture(self, name: str, local: Mapping[str, Any], limit: int) -> None:
        during = self.current
        if name in during.inputs or name in during.numbers:
            return
        value = local[name] if name in local else self.namespace.get(name)
        if type(value) in {int, float} and _finite(value) and abs(value) < 1 << 53:
            during.numbers[name] = value
            return
        described, copy = snapshot(value, limit=limit)
        if copy is not None:
            during.inputs[name] = copy
            if name in self.request.inputs:
                during.objects[name] = value
            if described.kind == "array":
                during.arrays.add(name)
