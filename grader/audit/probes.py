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

AUDITED = 2
"""Occurrences of a lifetime that are probed: iterations of a training loop."""
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
        self._scales: dict[tuple[int, tuple[str, ...]], float] = {}
        self.of_lifetime: dict[int, list[torch.Tensor]] = {}
        """Lifetime → the probe of its first occurrence, and of its second in a loop."""
        self.of_orphan: dict[str, torch.Tensor] = {}
        settled = _settled(seen.observed)
        for life in program.lifetimes:
            drawn = [self._for(life, each) for each in settled.get(life.id, [None])]
            probes = [probe for probe in drawn if probe is not None]
            if probes and len(probes) == len(drawn):
                self.of_lifetime[life.id] = probes
        for name in sorted(program.orphans):
            network = self._network(None)
            if network is not None:
                target = gradients[name][1:]
                self.of_orphan[name] = self._draw(network, target, _scale(network, [target]))

    def blob(self) -> dict[str, torch.Tensor]:
        """All probes under the names by which runs speak of them."""
        named = {
            f"probe/{number}/{occurrence}": probe
            for number, drawn in self.of_lifetime.items()
            for occurrence, probe in enumerate(drawn)
        }
        return named | {f"orphan/{name}": probe for name, probe in self.of_orphan.items()}

    def _for(self, life: Lifetime, seen: Observed | None) -> torch.Tensor | None:
        """The probe of a lifetime; None where what settled is no tensor, or nothing is known."""
        if seen is not None and seen.value.kind != "tensor":
            return None
        network = self._network(seen)
        if network is None or life.target not in network.gradients:
            return None
        exercise = self._exercises.get(life.exercise or "")
        targets = tuple(exercise.targets) if exercise else (life.target,)
        key = (id(network), targets)
        if key not in self._scales:
            self._scales[key] = _scale(network, targets)
        probe = self._draw(network, life.target, self._scales[key])
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
        if not gradient.any():
            return noise.to(gradient.dtype)  # a dead part of the network, not structure
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


def _settled(observed: Iterable[Observed]) -> dict[int, list[Observed | None]]:
    """Lifetime → what it settled at the first time, and the second."""
    found: dict[int, list[Observed | None]] = {}
    for seen in observed:
        if seen.lifetime is None or seen.end:
            continue
        known = found.setdefault(seen.lifetime, [])
        if seen.occurrence == len(known) < AUDITED:
            known.append(seen)
    return {number: known for number, known in found.items() if known}
