"""What stands in the place of upstream gradients and forward tensors when a step is tried."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import torch

from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import Definition
from grader.analysis.statements import key_of
from grader.cleanroom.naming import Naming
from grader.cleanroom.networks import Draw
from grader.cleanroom.room import Computed, Question
from grader.cleanroom.wiring import Wiring
from grader.marking.comparison import squeezed
from grader.reference import Network


class Bindings(Naming):
    """Makes cotangents, forward.py's tensors and ordinary values fit the student's code."""

    def _unfollowed(
        self,
        wiring: Wiring,
        lives: Sequence[Lifetime],
        stretches: Mapping[int, Sequence[Definition]],
    ) -> bool:
        """Whether some tensor of the forward pass cannot be computed from the leaves."""
        named = self.assignment.tensor_names
        return any(
            (key_of(each.name) in named and self.formulas.complaint(each.formula) is not None)
            or (
                key_of(each.name) in named
                and any(isinstance(v, str) for v in self.forward.get((wiring, each), []))
            )
            for life in lives
            for each in stretches[life.id]
        )

    def _named(
        self, wiring: Wiring, stretches: Mapping[int, Sequence[Definition]], draw: Draw
    ) -> dict[Definition, torch.Tensor]:
        """Forward.py's tensors for the student's of the same names."""
        bound = {}
        for stretch in stretches.values():
            for each in stretch:
                name = self.assignment.tensor_names.get(key_of(each.name))
                if name is None or each in self._of:
                    continue
                value = draw.network.tensors.get(name)
                own = self.forward.get((wiring, each), [])
                if value is None or not self._is_tensor(each, own, value):
                    continue
                bound[each] = _shaped(own, value)
        return bound

    def _is_tensor(
        self, definition: Definition, own: Sequence[Computed], value: torch.Tensor
    ) -> bool:
        """Whether a definition is the network's tensor, by what it rests on and its shape."""
        if own and isinstance(own[0], torch.Tensor):
            return squeezed(list(own[0].shape)) == squeezed(list(value.shape))
        return (
            not self.formulas.begins_unseen(definition)
            or self.formulas.complaint(definition.formula) is not None
        )

    def _upstream(
        self,
        draw: Draw,
        sources: Iterable[Lifetime],
        lives: Sequence[Lifetime],
        *,
        true: bool = False,
        turned: Collection[Lifetime] = (),
    ) -> dict[Definition, torch.Tensor]:
        """Cotangents in the place of upstream gradients, in the student's shapes.

        Nothing flows on from a parameter's gradient; where it is read, for a sum that it
        holds already, it has to fit the other cotangents. true: forward.py's own gradients.
        turned: those to be taken in forward.py's shapes.
        """
        bound = {}
        sources = list(sources)
        leaves = self.assignment.parameters
        path = {self.targets[f.id] for f in sources} - set(leaves)
        given = {target: draw.cotangent(target) for target in path}
        for life in sources:
            target = self.targets[life.id]
            if true:
                value = draw.network.gradients[target]
            else:
                value = draw.expected(target, given) if target in leaves else draw.cotangent(target)
            shaped = value if life in turned else self._shaped_as_seen(value, life)[0]
            bound[self.study.definitions[life.id]] = shaped
            seen = self.observed.get(life.id)
            if seen is not None and seen.value.kind == "array":
                self.room.arrays.add(self.study.definitions[life.id])
        for definition in self._orphans(lives):
            target = self._target_of(definition)
            if target in draw.network.gradients:
                bound[definition] = (
                    draw.network.gradients[target] if true else draw.cotangent(target)
                )
        for definition in self._grads(lives):
            target = self._tensor_of(definition)
            if target in draw.network.gradients:
                gradient = draw.network.gradients[target]
                bound[definition] = gradient if true else draw.cotangent(target)
        return bound

    def _orphans(self, lives: Iterable[Lifetime]) -> list[Definition]:
        """Gradients that lifetimes read and that no line computes."""
        found: dict[Definition, None] = {}
        for life in lives:
            for each in self.formulas.below(self.study.definitions[life.id]):
                if each.formula.orphan:
                    found.setdefault(each)
        return list(found)

    def _target_of(self, orphan: Definition) -> str:
        return self.assignment.gradient_names[orphan.name][1:]

    def _cotangent(self, draw: Draw, life: Lifetime) -> tuple[torch.Tensor, torch.Tensor]:
        """A cotangent as the student's code has it, and as forward.py does."""
        return self._shaped_as_seen(draw.cotangent(self.targets[life.id]), life)

    def _shaped_as_seen(
        self, value: torch.Tensor, life: Lifetime
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """A gradient that the student keeps once where the tensor needs it along a dimension is
        taken so.
        """
        seen = self.observed.get(life.id)
        if seen is None or seen.numbers is None:
            return value, value
        shape, dtype = list(seen.numbers.shape), seen.numbers.dtype
        theirs = value.to(dtype) if dtype.is_floating_point else value
        if squeezed(shape) == squeezed(list(value.shape)):
            return theirs.reshape(shape), value
        if len(shape) == value.dim() and all(
            a in (1, b) for a, b in zip(shape, value.shape, strict=True)
        ):
            index = tuple(slice(0, size) for size in shape)
            return theirs[index].clone(), value[index].expand(value.shape).clone()
        return theirs, value

    def _turned(self, life: Lifetime, draw: Draw) -> bool:
        """Whether a gradient has the size of one along another dimension: (64, 1) for (1, 64)
        fits lines that are right only where they are wrong.
        """
        theirs, value = self._cotangent(draw, life)
        aligned = [list(shape) for shape in (theirs.shape, value.shape)]
        for shape in aligned:
            while shape[:1] == [1]:
                del shape[0]
        return theirs.numel() == value.numel() and aligned[0] != aligned[1]

    def _ordinary(
        self, wiring: Wiring, lives: Sequence[Lifetime], sources: Iterable[Lifetime]
    ) -> dict[int, Question]:
        """The ordinary run again, by pass: leaves and upstream as they were."""
        found: dict[int, Question] = {}
        passes = {
            seen.pass_id for life in lives if (seen := self.observed.get(life.id)) is not None
        }
        for number in sorted(passes & self.seen.passes.keys()):
            during = self.seen.passes[number]
            bound: dict[Definition, torch.Tensor] = {}
            for life in lives:
                leaves = self.formulas.leaves(self.study.definitions[life.id])
                for definitions in leaves.values():
                    for definition in definitions:
                        if (value := self.wirings.value(definition, during)) is not None:
                            bound[definition] = value
            for source in sources:
                seen = self.observed.get(source.id)
                if seen is not None and seen.numbers is not None:
                    bound[self.study.definitions[source.id]] = seen.numbers
            for definition in self._grads(lives):
                network = self.reference(wiring, number)
                target = self._tensor_of(definition)
                if network is not None and target in network.gradients:
                    bound[definition] = network.gradients[target]
            here = [
                self.study.definitions[life.id]
                for life in lives
                if (o := self.observed.get(life.id)) is not None and o.pass_id == number
            ]
            found[number] = Question(f"pass {number}", bound, here)
        return found

    def reference(self, wiring: Wiring, number: int) -> Network | None:
        """Forward.py at the student's own leaves."""
        found = self.oracle.network(self.wirings.inputs(wiring, self.seen.passes[number]))
        return found if isinstance(found, Network) else None


def _shaped(own: Sequence[Computed], value: torch.Tensor) -> torch.Tensor:
    """A tensor in the shape that the student's own has."""
    if own and isinstance(own[0], torch.Tensor) and own[0].numel() == value.numel():
        return value.reshape(own[0].shape)
    return value
