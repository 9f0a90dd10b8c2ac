"""The networks of one submission: for every gradient the leaves that it belongs to, fresh networks
of the same shapes, and what stands where slices begin.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

import torch

from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import GRAD, Definition
from grader.analysis.study import Study
from grader.assignment import Assignment
from grader.cleanroom.networks import Draw, Networks, stray
from grader.cleanroom.readings import agrees, zero_targets
from grader.cleanroom.room import CleanRoom, Question
from grader.cleanroom.wiring import Wiring, Wirings
from grader.marking.observation import Observed, Pass, Trace
from grader.reference import Network, Oracle

MAX_GUESSES = 40
"""Ways to name inputs that are computed with, of those on which forward.py runs."""
MAX_WAYS = 400
"""Ways that are looked at."""
MAX_WITNESSES = 4
"""Tensors of the student's by which it is told whether a guess is right."""


class FreshNetworks:
    """Where each lifetime is tried."""

    def __init__(
        self,
        assignment: Assignment,
        oracle: Oracle,
        networks: Networks,
        study: Study,
        seen: Trace,
        room: CleanRoom,
    ) -> None:
        self.assignment = assignment
        self.oracle = oracle
        self.networks = networks
        self.study = study
        self.seen = seen
        self.room = room
        self.formulas = study.formulas
        self.wirings = Wirings(study, assignment)
        self.tolerance = assignment.spec.tolerance
        self.observed = _first_observed(seen.observed)
        self.lives = [
            life
            for life in study.program.lifetimes
            if life.id in study.definitions and (not life.made or self._is_there(life))
        ]
        self.wiring: dict[int, Wiring] = {}
        """Lifetime → the leaves of its network."""
        self._drawn: dict[tuple[Wiring, int], list[Draw]] = {}
        self._vanishing: dict[int, tuple[list[Draw], frozenset[str]]] = {}
        # Of a value under two names, the gradient's own is the one that counts.
        named = sorted(self.lives, key=lambda life: life.target is not None)
        self._of = {study.definitions[life.id]: life for life in named}

    def _wire(self) -> None:
        self._values()
        self.wiring = self.wirings.of_all(self.lives)
        tried: set[Wiring] = set()
        for life in self.lives:
            missing = self.wirings.unnamed(self.wiring[life.id]) or self._misnamed(life)
            if not missing or self.wiring[life.id] in tried:
                continue
            place = self.wirings.place(life)
            found = self.wirings.witnesses(missing, self.wiring[life.id], place)
            witnesses = list(itertools.islice(found, MAX_WITNESSES))
            if not witnesses:
                continue  # a line of the forward pass itself; a later one will tell
            tried.add(self.wiring[life.id])
            if self._guess(missing, life, witnesses):
                self._values()
                self.wiring = self.wirings.of_all(self.lives)

    def _values(self) -> None:
        """What the ordinary run held where slices begin: of the first pass that has it."""
        self.room.values.clear()
        for each in self.formulas.unseen(self.study.definitions.values()):
            if not self.formulas.begins_unseen(each):
                continue
            for during in self._passes_since(each):
                if each.name in during.numbers:
                    self.room.values[each] = during.numbers[each.name]
                    break
                if each.name in during.inputs:
                    self.room.values[each] = during.inputs[each.name]
                    if each.name in during.arrays:
                        self.room.arrays.add(each)
                    break

    def _passes_since(self, definition: Definition) -> list[Pass]:
        """Forward passes from the cell on in which something was bound, then those before."""
        cell = max((s.cell for s in definition.formula.statements), default=-1)
        return sorted(self.seen.passes.values(), key=lambda during: during.cell < cell)

    def _misnamed(self, life: Lifetime) -> list[str]:
        """Index inputs, where what stands under their names is no batch of this network: `xs`,
        which some use for a batch and others for the whole data set.
        """
        if self.draws_of(life):
            return []
        inputs = self.assignment.spec.inputs.items()
        return sorted(name for name, leaf in inputs if leaf.kind == "index")

    def _guess(
        self, missing: list[str], life: Lifetime, witnesses: Sequence[tuple[str, Definition]]
    ) -> bool:
        """Find the variables that stand for inputs under names that nobody knows."""
        during = self._pass(life)
        tried = 0
        wanted = [definition for _, definition in witnesses]
        ways = self.wirings.guesses(missing, wanted, during)
        for guess in itertools.islice(ways, MAX_WAYS):
            wiring = tuple(
                sorted((dict(self.wiring[life.id]) | dict(guess)).items(), key=lambda x: x[0])
            )
            draws = self.networks.draws(self.wirings.inputs(wiring, during))
            if not draws:
                continue
            tried += 1
            if tried > MAX_GUESSES:
                return False
            values = dict(self.room.values)
            for each in guess.values():
                self.room.values.pop(each, None)
            questions = [
                Question(f"guess {number}", self._leaves(wiring, draw, during), wanted)
                for number, draw in enumerate(draws)
            ]
            answers = self.room.ask(questions)
            if any(
                all(
                    agrees(answer[definition], draw.network.tensors[name], self.tolerance)
                    for answer, draw in zip(answers, draws, strict=True)
                )
                for name, definition in witnesses
            ):
                self.formulas.tell(guess)
                return True
            self.room.values = values
        return False

    def _is_there(self, life: Lifetime) -> bool:
        """Whether anything stands under a key that is made in the run."""
        seen = self.observed.get(life.id)
        return seen is not None and seen.value.kind != "none"

    def _pass(self, life: Lifetime) -> Pass:
        """The forward pass during which a lifetime settled, else the nearest one."""
        seen = self.observed.get(life.id)
        if seen is not None and seen.pass_id in self.seen.passes:
            return self.seen.passes[seen.pass_id]
        names = {definition.name for _, definition in self.wiring.get(life.id, ())}
        for other in reversed(self.lives):
            found = self.observed.get(other.id)
            if found is not None and self.wiring.get(other.id) == self.wiring.get(life.id):
                return self.seen.passes.get(found.pass_id) or self._last_pass
        for during in reversed(self.seen.passes.values()):
            if names <= during.inputs.keys():
                return during
        return self._last_pass

    @cached_property
    def _last_pass(self) -> Pass:
        return list(self.seen.passes.values())[-1]

    def draws_of(self, life: Lifetime) -> list[Draw]:
        """Fresh networks of the shapes of a lifetime's own."""
        wiring, during = self.wiring[life.id], self._pass(life)
        key = (wiring, id(during))
        if key not in self._drawn:
            self._drawn[key] = self._draw(wiring, during)
        return self._drawn[key]

    def _draw(self, wiring: Wiring, during: Pass) -> list[Draw]:
        if self.wirings.unnamed(wiring) and not self.study.notebook.module:
            inputs = self.wirings.inputs(wiring, during)
            if len(inputs) < len(self.assignment.spec.inputs):
                return []
        return self.networks.draws(self.wirings.inputs(wiring, during))

    def _leaves(self, wiring: Wiring, draw: Draw, during: Pass) -> dict[Definition, torch.Tensor]:
        """Fresh values of the leaves of a network, as the student's code knows them."""
        bound = {}
        for canonical, definition in wiring:
            if canonical in draw.leaves:
                bound[definition] = draw.leaves[canonical]
                if definition.name in during.arrays:
                    self.room.arrays.add(definition)
        return bound

    def _bindings(
        self, wiring: Wiring, draw: Draw, during: Pass, lives: Iterable[Lifetime]
    ) -> dict[Definition, torch.Tensor]:
        """The same, and something for the leaves of other passes that lifetimes read."""
        bound = self._leaves(wiring, draw, during)
        for life in lives:
            leaves = self.formulas.leaves(self.study.definitions[life.id])
            for canonical, definitions in leaves.items():
                for number, definition in enumerate(definitions):
                    if definition in bound:
                        continue
                    value = self.wirings.value(definition, during)
                    if value is not None:
                        bound[definition] = stray(self.assignment, canonical, value, 77 + number)
        for definition in self._grads(lives):
            target = self._tensor_of(definition)
            if target in draw.network.gradients:
                bound[definition] = draw.network.gradients[target]
        return bound

    def _grads(self, lives: Iterable[Lifetime]) -> list[Definition]:
        """Tensors' own gradients by autograd that lifetimes read."""
        found: dict[Definition, None] = {}
        for life in lives:
            start = self.study.definitions[life.id]
            for each in self.formulas.below(start):
                if each.formula.autograd:
                    found.setdefault(each)
        return list(found)

    def _tensor_of(self, definition: Definition) -> str:
        """The canonical tensor whose `.grad` a definition is."""
        name = definition.name.removesuffix(GRAD)
        return self.assignment.tensor_names.get(name) or self.assignment.input_names.get(name, name)

    def _groups(self) -> dict[Wiring, list[Lifetime]]:
        groups: defaultdict[Wiring, list[Lifetime]] = defaultdict(list)
        for life in self.lives:
            groups[self.wiring[life.id]].append(life)
        return groups

    def _zeros(self, life: Lifetime) -> frozenset[str]:
        """Targets whose gradients vanish in every fresh network of a lifetime's own shapes."""
        draws = self.draws_of(life)
        if id(draws) not in self._vanishing:
            networks = [draw.network for draw in draws]
            self._vanishing[id(draws)] = draws, zero_targets(networks, self.tolerance)
        return self._vanishing[id(draws)][1]

    @property
    def _always_zero(self) -> frozenset[str]:
        """Those whose gradients vanish in the assignment's own network."""
        return _zero_in_example(self.oracle)


@lru_cache(maxsize=1)
def _zero_in_example(oracle: Oracle) -> frozenset[str]:
    example = oracle.example_network
    networks = [example] if isinstance(example, Network) else []
    return zero_targets(networks, oracle.assignment.spec.tolerance)


def _first_observed(observed: Iterable[Observed]) -> dict[int, Observed]:
    """Lifetime → what it settled at first."""
    found: dict[int, Observed] = {}
    for each in observed:
        if each.lifetime is not None and not each.end:
            found.setdefault(each.lifetime, each)
    return found
