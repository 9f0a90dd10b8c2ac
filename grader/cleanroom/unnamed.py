"""Inputs under names that nobody knows, where no forward tensor tells them: a training loop seldom
keeps its loss. A gradient that comes out right on fresh networks tells them as well.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import Definition
from grader.cleanroom.absent import Absent
from grader.cleanroom.fresh_networks import MAX_GUESSES
from grader.cleanroom.readings import agrees
from grader.cleanroom.room import SILENT, Question
from grader.cleanroom.wiring import Wiring
from grader.marking.observation import Pass

MAX_TOLD_BY = 4
"""Gradients of one network by which it is told whether a guess is right."""


class Unnamed(Absent):
    """Looks for what stands for the inputs that are missing in what the gradients read."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.told: set[Definition] = set()
        """Variables that gradients told to be inputs."""

    def _wire(self) -> None:
        super()._wire()
        known: list[Lifetime] = []
        for lives in self._groups().values():
            missing = self.wirings.unnamed(self.wiring[lives[0].id]) or self._misnamed(lives[0])
            telling = [life for life in lives if life.target not in {None, *self._always_zero}]
            if missing and telling and self._told_by_gradients(missing, telling):
                known += lives
        if known:
            self.wiring = self.wirings.of_all(self.lives)

    def _told_by_gradients(self, missing: Sequence[str], lives: Sequence[Lifetime]) -> bool:
        during = self._pass(lives[0])
        telling = [life for life in lives if self._pass(life) is during][:MAX_TOLD_BY]
        ways = self._ways(missing, telling, during)
        for guess in itertools.islice(ways, MAX_GUESSES):
            wiring = tuple(
                sorted((dict(self.wiring[lives[0].id]) | guess).items(), key=lambda each: each[0])
            )
            values = dict(self.room.values)
            for each in values:
                if self._rests_on(each, guess):
                    del self.room.values[each]
            if self._holds(wiring, telling, during):
                self.formulas.tell(guess)
                self.told |= set(guess.values())
                return True
            self.room.values = values
        return False

    def _rests_on(self, definition: Definition, guess: Mapping[str, Definition]) -> bool:
        return not set(guess.values()).isdisjoint(self.formulas.below(definition))

    def _ways(
        self, missing: Sequence[str], lives: Sequence[Lifetime], during: Pass
    ) -> Iterator[dict[str, Definition]]:
        """Ways to give the missing inputs to variables that these gradients are computed from."""
        free: dict[Definition, None] = {}
        for life in lives:
            for each in self.formulas.below(self.study.definitions[life.id]):
                began = self.formulas.picked(each) or not self.formulas.rests_on_leaf(each)
                if each.name in during.inputs and began:
                    free.setdefault(each)
        yield from self.wirings.pairings(missing, free, during)

    def _holds(self, wiring: Wiring, lives: Sequence[Lifetime], during: Pass) -> bool:
        """Whether one of these gradients is the true one on networks with these leaves."""
        draws = self.networks.draws(self.wirings.inputs(wiring, during))
        wanted = {life.target: self.study.definitions[life.id] for life in lives}
        answers = self.room.ask(
            [
                Question(
                    f"unnamed {number}", self._leaves(wiring, draw, during), list(wanted.values())
                )
                for number, draw in enumerate(draws)
            ]
        )
        return bool(draws) and any(
            all(
                agrees(
                    answer.get(definition, SILENT),
                    draw.network.gradients[target],
                    self.tolerance,
                )
                for answer, draw in zip(answers, draws, strict=True)
            )
            for target, definition in wanted.items()
            if target is not None and target in draws[0].network.gradients
        )
