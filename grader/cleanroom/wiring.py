"""Which leaves of the student's make up the network that a gradient belongs to.

A notebook has several forward passes: the one of the exercises, that of the training loop, toy
ones in between. A pass is told by the leaves of its loss; a gradient's is the nearest complete
one before it that rests on the same leaves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import torch

from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import Definition, Place
from grader.analysis.statements import MARK, key_of
from grader.analysis.study import Study
from grader.assignment import Assignment
from grader.trace import Pass

Wiring = tuple[tuple[str, Definition], ...]
"""Canonical input and the leaf that stands for it, sorted by name."""
MAX_LOSSES = 12
"""Losses that are looked at, from the nearest one back."""


class Wirings:
    """Finds the wiring of each lifetime of one submission."""

    def __init__(self, study: Study, assignment: Assignment) -> None:
        self.study = study
        self.assignment = assignment
        self.formulas = study.formulas
        self.required = frozenset(
            name for name, leaf in assignment.spec.inputs.items() if leaf.kind != "constant"
        )
        self._spellings: dict[str, list[str]] = {}
        for name, canonical in assignment.tensor_names.items():
            self._spellings.setdefault(canonical, []).append(name)
        self._together: dict[tuple[Definition, ...], dict[str, Definition]] = {}
        """Forward tensors of a place → their leaves."""
        self._elements: dict[str, list[str]] = {}
        for forward in study.program.forwards:
            for name in forward.names:
                if MARK in name:
                    canonical = assignment.tensor_names[key_of(name)]
                    self._elements.setdefault(canonical, []).append(name)

    def of_all(self, lives: Sequence[Lifetime]) -> dict[int, Wiring]:
        """Lifetime → the leaves of its network; incomplete where they cannot be found."""
        self._together.clear()
        mine = {life.id: self._own(life) for life in lives}
        near = {life.id: [*self._near(life), mine[life.id]] for life in lives}
        known = [found for each in near.values() for found in each if self._complete(found)]
        return {
            life.id: _wiring(self._chosen(mine[life.id], near[life.id], known)) for life in lives
        }

    def _own(self, life: Lifetime) -> dict[str, Definition]:
        leaves = self.formulas.leaves(self.study.definitions[life.id])
        return {name: _latest(found) for name, found in leaves.items()}

    def _near(self, life: Lifetime) -> Iterator[dict[str, Definition]]:
        place = self.place(life)
        yield from self._of_losses(place)
        yield from self._of_tensors(place)

    def _complete(self, found: Mapping[str, Definition]) -> bool:
        return self.required <= found.keys()

    def _chosen(
        self,
        mine: Mapping[str, Definition],
        near: Sequence[Mapping[str, Definition]],
        known: Sequence[Mapping[str, Definition]],
    ) -> Mapping[str, Definition]:
        """The nearest complete network that has all of a gradient's leaves, or most of them."""
        wanted = set(mine.values())
        complete = [found for found in near if self._complete(found)]
        for found in (*complete, *known):
            if wanted <= set(found.values()):
                return found
        shared = [len(wanted & set(found.values())) for found in near]
        if complete and (not wanted or not max(shared)):
            return complete[0]
        best = max(range(len(near)), key=lambda n: (shared[n], self._complete(near[n]), -n))
        return {**near[best], **mine} if shared[best] else {**mine, **near[best]}

    def place(self, life: Lifetime) -> Place:
        assert life.settle is not None
        found = self.study.slicer.after(life.settle.cell, life.settle.path)
        return found or self.study.slicer.end_of_cell(life.settle.cell)

    def _of_losses(self, place: Place) -> Iterator[dict[str, Definition]]:
        """Leaves of the losses before a place, the nearest first."""
        for loss in self.losses(place):
            yield {name: _latest(found) for name, found in self.formulas.leaves(loss).items()}

    def losses(self, place: Place) -> Iterator[Definition]:
        """The loss at a place, then the one that stood under the name before, and so on."""
        for name in self._spellings.get(self.assignment.spec.loss, [self.assignment.spec.loss]):
            at: Place | None = place
            for _ in range(MAX_LOSSES):
                found = self.study.slicer.reaching(name, at) if at is not None else None
                if found is None:
                    break
                yield found
                first = next(found.formula.statements, None)
                at = Place(first.block, first.index) if first is not None else None

    def named_tensors(self, place: Place) -> Iterator[tuple[str, Definition]]:
        """The losses before a place and the forward tensors there, each with its canonical name."""
        for loss in self.losses(place):
            yield self.assignment.spec.loss, loss
        yield from self.forward_tensors(place)

    def forward_tensors(self, place: Place) -> Iterator[tuple[str, Definition]]:
        """Canonical forward tensors that have a definition at a place."""
        for canonical in reversed(self.assignment.forward.tensors):
            for name in (*self._spellings.get(canonical, ()), *self._elements.get(canonical, ())):
                found = self.study.slicer.reaching(name, place)
                if found is not None:
                    yield canonical, found

    def _of_tensors(self, place: Place) -> Iterator[dict[str, Definition]]:
        """Leaves of all forward tensors at a place together."""
        standing = tuple(definition for _, definition in self.forward_tensors(place))
        if standing not in self._together:
            merged = self._together[standing] = {}
            for definition in standing:
                for name, leaves in self.formulas.leaves(definition).items():
                    merged.setdefault(name, _latest(leaves))
        yield self._together[standing]

    def value(self, definition: Definition, during: Pass) -> torch.Tensor | None:
        """What a leaf held in a pass; of a container's element, also under its key alone."""
        found = during.inputs.get(definition.name)
        return during.inputs.get(key_of(definition.name)) if found is None else found

    def inputs(self, wiring: Wiring, during: Pass) -> dict[str, torch.Tensor]:
        """Canonical input → the student's value in a pass, constants as 0-dim tensors.

        What the wiring does not tell is taken under any name that the assignment knows.
        """
        found: dict[str, torch.Tensor] = {}
        for canonical, definition in wiring:
            if (value := self.value(definition, during)) is not None:
                found[canonical] = value
        for name, canonical in self.assignment.input_names.items():
            if canonical in found:
                continue
            if name in during.inputs:
                found[canonical] = during.inputs[name]
            elif name in during.numbers:
                found[canonical] = torch.tensor(during.numbers[name])
        return found

    # ---- inputs under other names ---------------------------------------------------------------

    def unnamed(self, wiring: Wiring) -> list[str]:
        """Inputs that no leaf stands for."""
        return sorted(self.required - {name for name, _ in wiring})

    def guesses(
        self, missing: list[str], life: Lifetime, during: Pass
    ) -> Iterator[Mapping[str, Definition]]:
        """Ways to give the missing inputs to the other variables that the forward lines read."""
        place = self.place(life)
        starts = [definition for _, definition in self.forward_tensors(place)]
        starts += list(self.losses(place))[:1]
        free: dict[Definition, None] = {}
        for start in starts:
            for each in self.formulas.below(start):
                picked = self.formulas.picked(each) or not self.formulas.rests_on_leaf(each)
                if each.name in during.inputs and picked:
                    free.setdefault(each)
        fitting = [
            [each for each in free if self._fits(name, during.inputs[each.name])]
            for name in missing
        ]
        for chosen in itertools.product(*fitting):
            if len(set(chosen)) == len(chosen):
                yield dict(zip(missing, chosen, strict=True))

    def _fits(self, name: str, value: torch.Tensor) -> bool:
        leaf = self.assignment.spec.inputs[name]
        real = value.is_floating_point()
        return real == (leaf.kind == "parameter") and value.dim() == len(leaf.shape)


def _latest(leaves: Sequence[Definition]) -> Definition:
    """The one that is bound last: of an older batch, only the size may still be read."""

    def position(leaf: Definition) -> tuple[int, int]:
        statement = next(leaf.formula.statements, None)
        return (-1, 0) if statement is None else (statement.cell, statement.node.lineno)

    return max(leaves, key=position) if len(leaves) > 1 else leaves[0]


def _wiring(found: Mapping[str, Definition]) -> Wiring:
    return tuple(sorted(found.items(), key=lambda item: item[0]))
