"""The audit run: probes for gradients, and noise on parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from grader.wire import Audit
from grader.worker.engine import perturb_engine

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
        perturb_engine(self.audit)

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
        if not self.audit.jitter:
            return
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
