"""Gradients whose lines cannot be followed, and which are wrong: do they follow from wrong ones?

Their step cannot be tried with true gradients upstream. But the ordinary run shows what flowed in
and what came out: where autograd makes the one of the other, on the student's own network, the
value is right for what it was given.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import torch

from grader.analysis.lifetime import Lifetime
from grader.cleanroom.loops import LEAST, LoopRounds
from grader.cleanroom.networks import Draw
from grader.cleanroom.readings import agrees
from grader.marking.step import StepFinding
from grader.reference import Network


class Following(LoopRounds):
    """Holds values of the ordinary run against what flowed in."""

    def _followed(self, findings: Mapping[int, StepFinding]) -> dict[int, StepFinding]:
        """Findings on unknown steps of which the value follows."""
        lives = {life.id: life for life in self.lives}
        drawn: dict[object, Draw | None] = {}
        found = {}
        for number, finding in findings.items():
            life = lives[number]
            if finding.step != "unknown" or finding.copied or not finding.sources:
                continue
            key = self.wiring.get(number), finding.pass_id
            if key not in drawn:
                drawn[key] = self._as_it_ran(life, finding.pass_id)
            draw, sources = drawn[key], [lives[each] for each in finding.sources]
            given = draw and self._flowed_in(sources, draw, finding.pass_id)
            if draw is not None and given and self._makes(life, draw, given):
                found[number] = msgspec.structs.replace(finding, follows=True)
        return found

    def _as_it_ran(self, life: Lifetime, number: int) -> Draw | None:
        """The student's own network in one forward pass."""
        during, wiring = self.seen.passes.get(number), self.wiring.get(life.id)
        if during is None or wiring is None:
            return None
        leaves = self.wirings.inputs(wiring, during)
        network = self.oracle.network(leaves)
        return Draw(self.oracle, leaves, network, 0) if isinstance(network, Network) else None

    def _flowed_in(
        self, sources: list[Lifetime], draw: Draw, number: int
    ) -> dict[str, torch.Tensor]:
        """Target → what the student had for its gradient; empty where that is not all known, or
        nothing of it is wrong.
        """
        given, wrong = {}, False
        for source in sources:
            seen, target = self.observed.get(source.id), self.targets[source.id]
            true = draw.network.gradients[target]
            if seen is None or seen.numbers is None or seen.pass_id != number:
                return {}
            if seen.numbers.numel() != true.numel():
                return {}
            value = seen.numbers.reshape(true.shape).to(true.dtype)
            if value.count_nonzero() < LEAST * true.count_nonzero() or not value.any():
                return {}  # zeros would be right for anything
            wrong = wrong or not agrees(value, true, self.tolerance)
            given[target] = value
        return given if wrong else {}

    def _makes(self, life: Lifetime, draw: Draw, given: Mapping[str, torch.Tensor]) -> bool:
        """Whether autograd makes a gradient's value of what flowed in."""
        seen, target = self.observed.get(life.id), self.targets[life.id]
        if seen is None or seen.numbers is None or target in given:
            return False
        expected = draw.expected(target, given)
        return bool(expected.any()) and agrees(
            seen.numbers.to(expected.dtype), expected, self.tolerance, noise=True
        )
