"""Forward passes as the run goes through them: leaves copied at the start, tensors kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from grader.wire import RunRequest
from grader.worker.snapshot import snapshot

_PLAIN = frozenset({torch.Tensor, torch.nn.Parameter})


class Pass:
    """One forward pass."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.inputs: dict[str, torch.Tensor] = {}
        """Canonical input → copy of its value when the pass began."""
        self.tensors: dict[str, Any] = {}
        """Canonical forward tensor → the student's object."""
        self.sent = False


class Passes:
    """The forward passes of a run, told apart as they happen."""

    def __init__(self, request: RunRequest, namespace: Mapping[str, Any]) -> None:
        self.request = request
        self.namespace = namespace
        self.current = Pass(-1)
        self.spellings: dict[str, list[str]] = {}
        for name, canonical in request.inputs.items():
            self.spellings.setdefault(canonical, []).append(name)

    def canonical(self, name: str) -> str:
        """The forward script's name of a student's tensor."""
        return self.request.forward.get(name, name)

    def begins(self, names: tuple[str, ...] | list[str]) -> bool:
        """Whether computing these tensors from inputs alone starts a new pass; if so it has."""
        done = self.current.tensors
        again = any(self.canonical(name) in done for name in names)
        if self.current.number >= 0 and self.request.loss not in done and not again:
            return False
        self.begin()
        return True

    def begin(self) -> None:
        """Start a new pass."""
        self.current = Pass(self.current.number + 1)

    def capture(self, local: Mapping[str, Any]) -> None:
        """Copy those inputs of the pass that were not there before."""
        for canonical in self.spellings.keys() - self.current.inputs.keys():
            for value in self._values(canonical, local):
                _, copy = snapshot(value, limit=self.request.limits.tensor_elements)
                if copy is not None:
                    self.current.inputs[canonical] = copy
                    break

    def parameters(self, local: Mapping[str, Any]) -> list[torch.Tensor]:
        """The student's parameters, as far as they exist by now, each once."""
        found: dict[int, torch.Tensor] = {}
        for canonical in self.request.parameters:
            for value in self._values(canonical, local):
                if type(value) in _PLAIN and value.is_floating_point():
                    found[id(value)] = value
                    break
        return list(found.values())

    def _values(self, canonical: str, local: Mapping[str, Any]) -> list[Any]:
        """What stands under the spellings of an input, its canonical name first."""
        names = self.spellings.get(canonical, [])
        values = (local[name] if name in local else self.namespace.get(name) for name in names)
        return [value for value in values if value is not None]
