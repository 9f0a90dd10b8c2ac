"""Steps that one loop makes together: `for i in …: dW[i] = h[i].T @ d; d = …; dh[i] = d`.

The loop is followed as a whole, and nothing can be put in the place of a gradient in its middle:
a mistake in its first round would spoil all that comes after. So a gradient that is wrong there is
held against what the loop itself gave for the gradients that flow into it, on the same fresh
networks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import torch

from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import Definition
from grader.cleanroom.networks import Draw
from grader.cleanroom.readings import agrees
from grader.cleanroom.stretches import Stretch, Stretches
from grader.marking.step import StepFinding

LEAST = 0.5
"""Share of a gradient's places that are not zero which what stands for it has to have."""


class LoopRounds(Stretches):
    """Judges steps of one loop by one another."""

    def _in_loops(
        self,
        lives: Sequence[Lifetime],
        stretches: Mapping[int, Stretch],
        findings: Mapping[int, StepFinding],
    ) -> dict[int, StepFinding]:
        """Steps that are wrong from the loop's beginning, and right from the gradients that the
        loop made before them.
        """
        loops = {life.id: set(_loops(stretches[life.id].definitions)) for life in lives}
        right = {}
        for life in lives:
            found, peers = findings[life.id], self._peers(life, lives, loops)
            if found.step != "wrong" or found.constant or not peers:
                continue
            edge = self._edge(self.targets[life.id], peers)
            if edge and all(
                self._right_from(life, {name: peers[name] for name in edge}, number, draw)
                for number, draw in enumerate(self.draws_of(life))
            ):
                right[life.id] = msgspec.structs.replace(
                    self._known(stretches[life.id]),
                    step="right",
                    upstream=tuple(edge),
                    sources=tuple(peers[name].id for name in edge),
                )
        return right

    def _peers(
        self, life: Lifetime, lives: Sequence[Lifetime], loops: Mapping[int, set[int]]
    ) -> dict[str, Lifetime]:
        """Target → another gradient that comes out of the same loop."""
        return {
            self.targets[other.id]: other
            for other in lives
            if other is not life
            and self.targets[other.id] != self.targets[life.id]
            and loops[other.id] & loops[life.id]
        }

    def _edge(self, target: str, peers: Mapping[str, Lifetime]) -> list[str]:
        """The nearest of these tensors on the way from a target to the loss."""
        edge: list[str] = []
        pending, seen = [target], {target}
        while pending:
            for name in sorted(self.assignment.forward.consumers(pending.pop()) - seen):
                seen.add(name)
                (edge if name in peers else pending).append(name)
        return edge

    def _right_from(
        self, life: Lifetime, upstream: Mapping[str, Lifetime], number: int, draw: Draw
    ) -> bool:
        """Whether a gradient follows from the student's own, as they came out on one network."""
        given = {}
        for name, other in upstream.items():
            values, true = self.full.get(other.id, []), draw.network.gradients[name]
            value = values[number] if number < len(values) else None
            if not isinstance(value, torch.Tensor) or value.numel() != true.numel():
                return False
            if value.count_nonzero() < LEAST * true.count_nonzero() or not value.any():
                return False  # zeros would be right for anything
            given[name] = value.reshape(true.shape).to(true.dtype)
        mine = self.full.get(life.id, [])
        expected = draw.expected(self.targets[life.id], given)
        return number < len(mine) and agrees(mine[number], expected, self.tolerance)


def _loops(definitions: Sequence[Definition]) -> Iterator[int]:
    """Identities of the loops whose statements these are."""
    for definition in definitions:
        for statement in definition.formula.statements:
            if isinstance(statement.node, ast.For | ast.While):
                yield id(statement)
            block = statement.block
            while block.parent is not None:
                if block.kind == "loop":
                    yield id(block.parent)
                block = block.parent.block
