"""Stretches: the lines from upstream gradients to one gradient, and what flows in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import Definition
from grader.assignment import Exercise
from grader.cleanroom.bindings import Bindings
from grader.cleanroom.networks import Draw, boundary
from grader.marking.step import StepFinding


@dataclass(frozen=True)
class Stretch:
    """One gradient's way down to where its step begins."""

    life: Lifetime
    definitions: Sequence[Definition]
    """All of it, the gradient's own first, with what it ends at."""
    upstream: Sequence[Lifetime]
    """Marked gradients at which it ends."""
    standing: Sequence[Definition]
    """Tensors' own `.grad` that stand for upstream."""
    orphans: Mapping[str, Definition]
    """Target → a gradient that is read and that no line computes."""
    copied: bool
    """Autograd is asked for anything else."""
    asking: Sequence[Definition] = ()
    """What has words in it by which autograd is asked, unless they are of own objects."""


class Stretches(Bindings):
    """Finds the stretch of each gradient of an exercise."""

    def _stretches(
        self, exercise: Exercise, lives: Sequence[Lifetime], edge: frozenset[str]
    ) -> dict[int, Stretch]:
        """edge: targets at whose gradients a step begins."""
        given = edge - frozenset(exercise.targets)
        everywhere = edge >= frozenset(self.assignment.forward.tensors)

        def marked(other: Lifetime) -> bool:
            target = self.targets.get(other.id)
            if target not in edge:
                return False
            return everywhere or other.exercise == exercise.id or target in given

        return {life.id: self._stretch_of(life, exercise, marked) for life in lives}

    def _stretch_of(
        self, life: Lifetime, exercise: Exercise, marked: Callable[[Lifetime], bool]
    ) -> Stretch:
        # Gradients flow back: what lies before the target, or is an earlier attempt at it,
        # is no upstream but part of the way.
        target = self.targets[life.id]
        behind = self._beyond(target)
        ending = behind | set(self.assignment.parameters) - {target}

        def ends(other: Lifetime) -> bool:
            return self.targets.get(other.id) in ending and marked(other)

        way = self._stretch(life, ends)
        found = (self._of.get(each) for each in way)
        upstream = [f for f in found if f is not None and f is not life and ends(f)]
        taken = boundary(exercise) & behind
        engine = [each for each in way if each.formula.autograd]
        standing = [each for each in engine if self._tensor_of(each) in taken]
        asking = [
            each
            for each in way
            if self._of.get(each) not in upstream and self.formulas.asks_engine(each.formula)
        ]
        return Stretch(
            life=life,
            definitions=way,
            upstream=upstream,
            standing=standing,
            orphans={
                self._target_of(each): each
                for each in way
                if each.formula.orphan and self._target_of(each) in taken
            },
            copied=len(standing) < len(engine),
            asking=asking,
        )

    def _known(self, stretch: Stretch) -> StepFinding:
        """What is known of a step before it is tried."""
        life, upstream, inner = stretch.life, stretch.upstream, set(stretch.definitions)
        names = dict.fromkeys(self.targets[each.id] for each in upstream)
        seen = self.observed.get(life.id)
        return StepFinding(
            step="unknown",
            upstream=(*names, *map(self._tensor_of, stretch.standing), *stretch.orphans),
            sources=tuple(each.id for each in upstream),
            temporaries=tuple(
                other.id
                for other in self.lives
                if self.study.definitions[other.id] in inner
                and other is not life
                and other not in upstream
            ),
            engine=tuple(sorted(each.name.replace("·", ".") for each in stretch.standing)),
            pass_id=seen.pass_id if seen is not None else -1,
        )

    def _given(self, stretch: Stretch, draw: Draw) -> dict[str, torch.Tensor]:
        """Target → the cotangent that flows in, in forward.py's shape. Nothing flows on from a
        parameter's gradient.
        """
        path = [f for f in stretch.upstream if self.targets[f.id] not in self.assignment.parameters]
        others = [*map(self._tensor_of, stretch.standing), *stretch.orphans]
        return {self.targets[f.id]: self._cotangent(draw, f)[1] for f in path} | {
            name: draw.cotangent(name) for name in others
        }

    def _rests(self, stretch: Stretch) -> bool:
        """Whether a result depends on leaves or upstream, as far as its text tells."""
        if stretch.upstream or stretch.standing or stretch.orphans:
            return True
        return self.formulas.rests_on_leaf(self.study.definitions[stretch.life.id])

    def _beyond_edge(self, target: str, edge: frozenset[str]) -> frozenset[str]:
        """Forward tensors from a target up to the nearest of these, which are left out."""
        reached, pending = {target}, [target]
        while pending:
            more = self.assignment.forward.consumers(pending.pop()) - reached
            reached |= more
            pending += more - edge
        return frozenset(reached)
