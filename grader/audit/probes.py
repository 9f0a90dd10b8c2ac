"""Probes: random tensors that take the place of gradients in the audit run.

A probe is as the true gradient is in everything that an honest step may rely on (shape,
type, exact zeros, scale) and random in everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch

from grader.analysis import Lifetime, Program
from grader.assignment import Exercise
from grader.compare import squeezed
from grader.passes import JudgedPass
from grader.reference import Network
from grader.trace import Observed, Trace

NO_SCALE = 1e-3
"""RMS of probes in an exercise whose true gradients are all zero."""


class Probes:
    """The probes of one submission, by lifetime and, for orphans, by variable."""

    def __init__(
        self,
        program: Program,
        seen: Trace,
        passes: Mapping[int, JudgedPass],
        exercises: Sequence[Exercise],
        gradients: Mapping[str, str],
        seed: int,
    ) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self._networks = {
            number: judged.network
            for number, judged in passes.items()
            if isinstance(judged.network, Network)
        }
        self._exercises = {exercise.id: exercise for exercise in exercises}
        self.of_lifetime: dict[int, torch.Tensor] = {}
        self.of_orphan: dict[str, torch.Tensor] = {}
        settled = _first_settled(seen.observed)
        for life in program.lifetimes:
            probe = self._for(life, settled.get(life.id))
            if probe is not None:
                self.of_lifetime[life.id] = probe
        for name in sorted(program.orphans):
            network = self._network(None)
            if network is not None:
                target = gradients[name][1:]
                self.of_orphan[name] = self._draw(network, target, _scale(network, [target]))

    def _for(self, life: Lifetime, seen: Observed | None) -> torch.Tensor | None:
        """The probe of a lifetime; None where what settled is no tensor, or nothing is known."""
        if seen is not None and seen.value.kind != "tensor":
            return None
        network = self._network(seen)
        if network is None or life.target not in network.gradients:
            return None
        exercise = self._exercises.get(life.exercise or "")
        scale = _scale(network, exercise.targets if exercise else [life.target])
        probe = self._draw(network, life.target, scale)
        if seen is not None and seen.numbers is not None:
            shape = list(seen.numbers.shape)
            if squeezed(shape) == squeezed(list(probe.shape)):
                return probe.reshape(shape)
        return probe

    def _network(self, seen: Observed | None) -> Network | None:
        """The network of the pass in which a gradient settled, else the first one."""
        if seen is not None:
            return self._networks.get(seen.pass_id)
        return next(iter(self._networks.values()), None)

    def _draw(self, network: Network, target: str, scale: float) -> torch.Tensor:
        gradient = network.gradients[target]
        noise = torch.randn(gradient.shape, generator=self._generator) * scale
        # Exact zeros are structure that students rightly use: only `[range(n), Yb]` of dlogprobs.
        return torch.where(gradient != 0, noise, torch.zeros(())).to(gradient.dtype)


def _scale(network: Network, targets: Iterable[str]) -> float:
    """Median RMS of true gradients: one scale for a whole exercise, so that no step's fault
    hides behind a cotangent that is nearly zero.
    """
    found = [
        float(gradient.double().square().mean().sqrt())
        for name in targets
        if (gradient := network.gradients.get(name)) is not None
    ]
    median = sorted(found)[len(found) // 2] if found else 0.0
    return median or NO_SCALE


def _first_settled(observed: Iterable[Observed]) -> dict[int, Observed]:
    first: dict[int, Observed] = {}
    for seen in observed:
        if seen.lifetime is not None and not seen.end and seen.occurrence == 0:
            first.setdefault(seen.lifetime, seen)
    return first
