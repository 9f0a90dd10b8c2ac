"""Which leaves of the student's make up the network that a gradient belongs to.

A notebook has several forward passes: the one of the exercises, that of the training loop, toy
ones in between. A pass is told by the leaves of its loss; a gradient's is the nearest complete
one before it that rests on the same leaves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import torch

from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import Definition, Place
from grader.analysis.statements import MARK, key_of
from grader.analysis.study import Study
from grader.assignment import Assignment
from grader.cleanroom.without import Without
from grader.marking.observation import Pass

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
        self.without = Without(assignment)
        self.parameters = frozenset(assignment.parameters)
        self._spellings: dict[str, list[str]] = {}
        for name, canonical in assignment.tensor_names.items():
            self._spellings.setdefault(canonical, []).append(name)
        self._together: dict[object, dict[str, Definition]] = {}
        """Forward tensors of a place → their leaves."""
        self._under: dict[str, frozenset[str]] = {}
        self._elements: dict[str, list[str]] = {}
        for forward in study.program.forwards:
            for name in forward.names:
                if MARK in name:
                    canonical = assignment.tensor_names[key_of(name)]
                    self._elements.setdefault(canonical, []).append(name)

    @property
    def required(self) -> frozenset[str]:
        """Inputs for which a leaf has to be found."""
        inputs = self.assignment.spec.inputs.items()
        needed = frozenset(name for name, leaf in inputs if leaf.kind != "constant")
        return needed - self.without.neutral.keys()

    def of_all(self, lives: Sequence[Lifetime]) -> dict[int, Wiring]:
        """Lifetime → the leaves of its network; incomplete where they cannot be found."""
        self._together.clear()
        mine = {life.id: self._latest_leaves(self.study.definitions[life.id]) for life in lives}
        near = {life.id: [*self._near(life), mine[life.id]] for life in lives}
        whole = ((*self._near(life, whole=True), mine[life.id]) for life in lives)
        known = [found for each in whole for found in each if self._complete(found)]
        return {
            life.id: _wiring(self._chosen(mine[life.id], near[life.id], known)) for life in lives
        }

    def _near(self, life: Lifetime, *, whole: bool = False) -> Iterator[dict[str, Definition]]:
        """Networks about a lifetime, the nearest first. whole: no mixtures of several, such as
        the loss after a loop, which is the one before it where the loop never ran.
        """
        place = self.place(life)
        for loss in self.losses(place):
            if not (whole and self._mixed(loss)):
                yield self._latest_leaves(loss)
        yield self._of_tensors(place, whole=whole)

    def _of_tensors(self, place: Place, *, whole: bool) -> dict[str, Definition]:
        """Leaves of all forward tensors of a pass together."""
        standing = tuple(definition for _, definition in self.forward_tensors(place))
        if (standing, whole) not in self._together:
            merged = self._together[standing, whole] = {}
            for _, tensor in self.of_one_pass(place):
                if not (whole and self._mixed(tensor)):
                    merged |= self._latest_leaves(tensor)
        return self._together[standing, whole]

    def _mixed(self, tensor: Definition) -> bool:
        """Whether a tensor rests on several leaves for one parameter."""
        leaves = self.formulas.leaves(tensor)
        return any(len(leaves.get(name, ())) > 1 for name in self.parameters)

    def _latest_leaves(self, definition: Definition) -> dict[str, Definition]:
        leaves = self.formulas.leaves(definition)
        return {name: _latest(found) for name, found in leaves.items()}

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

    def of_one_pass(self, place: Place) -> Iterator[tuple[str, Definition]]:
        """Forward tensors at a place, the newest first, without those that are left from another
        pass: they rest on other leaves than a newer one, or served an earlier one of its name.
        """
        merged: dict[str, Definition] = {}
        newer: list[tuple[str, Definition]] = []
        for canonical, tensor in sorted(
            self.forward_tensors(place), key=lambda found: _position(found[1]), reverse=True
        ):
            own = self._latest_leaves(tensor)
            same = all(merged.get(name, leaf) == leaf for name, leaf in own.items())
            if same and not any(self._served_before(tensor, canonical, each) for each in newer):
                merged |= own
                newer.append((canonical, tensor))
                yield canonical, tensor

    def _served_before(
        self, tensor: Definition, canonical: str, newer: tuple[str, Definition]
    ) -> bool:
        """Whether a tensor stood before an earlier definition of a newer one downstream, which
        does not read it: that one's pass is over.
        """
        name, definition = newer
        first = next(definition.formula.statements, None)
        if first is None or canonical not in self._below(name):
            return False
        before = self.study.slicer.reaching(definition.name, Place(first.block, first.index))
        if before is None or _position(before) < _position(tensor):
            return False
        return all(each != tensor for each in self.formulas.below(definition))

    def _below(self, tensor: str) -> frozenset[str]:
        """Forward tensors that a tensor of forward.py rests on."""
        if tensor not in self._under:
            reads = {step.name: step.reads for step in self.assignment.forward.steps}
            found: set[str] = set()
            pending = [tensor]
            while pending:
                below = reads.get(pending.pop(), frozenset()) - found
                found |= below
                pending += below
            self._under[tensor] = frozenset(found)
        return self._under[tensor]

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
        return self.without.filled(self._sized(found, during))

    def _sized(self, found: dict[str, torch.Tensor], during: Pass) -> dict[str, torch.Tensor]:
        """The same with the number that is the size it should be, where several stand under names
        of a size: what `n` is left at by another loop is not how many examples this batch has.
        """
        for name, leaf in self.assignment.spec.inputs.items():
            sized = found.get(leaf.size_of or "")
            if sized is not None and sized.dim() and name in found:
                size, names = sized.shape[0], self.assignment.input_names.items()
                if any(during.numbers.get(each) == size for each, of in names if of == name):
                    found[name] = torch.tensor(size)
        return found

    # ---- inputs under other names ---------------------------------------------------------------

    def unnamed(self, wiring: Wiring) -> list[str]:
        """Inputs that no leaf stands for."""
        return sorted(self.required - {name for name, _ in wiring})

    def witnesses(
        self, missing: Sequence[str], wiring: Wiring, place: Place
    ) -> Iterator[tuple[str, Definition]]:
        """Forward tensors at a place, of this network and no other, that rest on all missing
        inputs, each with its canonical name.
        """
        for name, tensor in self.named_tensors(place):
            if set(missing) <= self._behind(name) and not self._mixed(tensor):
                own = {
                    c: leaf for c, leaf in self._latest_leaves(tensor).items() if c not in missing
                }
                if own.items() <= dict(wiring).items():
                    yield name, tensor

    def _behind(self, tensor: str) -> frozenset[str]:
        """Inputs that a tensor of forward.py rests on."""
        return self._below(tensor) & self.assignment.spec.inputs.keys()

    def guesses(
        self, missing: Sequence[str], witnesses: Iterable[Definition], during: Pass
    ) -> Iterator[Mapping[str, Definition]]:
        """Ways to give the missing inputs to the other variables that witnesses rest on."""
        free: dict[Definition, None] = {}
        for each in (each for witness in witnesses for each in self.formulas.below(witness)):
            leaf = self.formulas.leaf(each)
            picked = self.formulas.picked(each) or not self.formulas.rests_on_leaf(each)
            # What a network is to say may be computed from what it is shown: `Y = X.abs()`.
            named = self.formulas.inputs.get(key_of(each.name)) in missing
            if each.name in during.inputs and (leaf in missing if leaf else picked or named):
                free.setdefault(each)
        yield from self.pairings(missing, free, during)

    def pairings(
        self, missing: Sequence[str], free: Iterable[Definition], during: Pass
    ) -> Iterator[dict[str, Definition]]:
        """Ways to give the missing inputs to these variables, the smallest values first: a network
        of a whole data set takes long.
        """
        ordered = sorted(free, key=lambda each: during.inputs[each.name].numel())
        fitting = [
            [each for each in ordered if self.fits(name, during.inputs[each.name])]
            for name in missing
        ]
        for chosen in itertools.product(*fitting):
            if len(set(chosen)) == len(chosen):
                yield dict(zip(missing, chosen, strict=True))

    def fits(self, name: str, value: torch.Tensor) -> bool:
        """Whether a value has the kind and the dimensions of an input."""
        leaf = self.assignment.spec.inputs[name]
        real = value.is_floating_point()
        return real == (leaf.kind in {"parameter", "data"}) and value.dim() == len(leaf.shape)


def _latest(leaves: Sequence[Definition]) -> Definition:
    """The one that is bound last: of an older batch, only the size may still be read."""
    return max(leaves, key=_position) if len(leaves) > 1 else leaves[0]


def _position(definition: Definition) -> tuple[int, int]:
    """Where a name is bound: cell and line."""
    statement = next(definition.formula.statements, None)
    return (-1, 0) if statement is None else (statement.cell, statement.node.lineno)


def _wiring(found: Mapping[str, Definition]) -> Wiring:
    return tuple(sorted(found.items(), key=lambda item: item[0]))
