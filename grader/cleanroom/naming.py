"""Which target each lifetime is an attempt at, and in which exercise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import Definition
from grader.analysis.spelling import Spelling
from grader.analysis.statements import MARK, key_of, root_of
from grader.cleanroom.forward_lines import ForwardLines
from grader.marking.comparison import squeezed
from grader.protocol import TOO_LARGE


class Naming(ForwardLines):
    """Names gradients: by the assignment's names, else by hints, values, and order."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.targets: dict[int, str] = {}
        """Lifetime → the target that it is taken for."""
        self._beyonds: dict[str, frozenset[str]] = {}
        self.exercises = {exercise.id: exercise for exercise in self.assignment.spec.exercises}

    def _assign_by_name(self) -> None:
        """Without a look at what anything is computed from: that may be too much to be followed."""
        for life in self.study.program.lifetimes:
            if life.target is not None:
                self.targets[life.id] = life.target
                self._put(life, life.target, None)

    def _name(self) -> None:
        """Which target each lifetime is: by its name, else by value, else by a hint."""
        own = {d.name: name for (_, d), name in self.canonical.items()}
        own |= {leaf.name: name for wiring in self.wiring.values() for name, leaf in wiring}
        names = self.assignment.gradient_names
        spelling = Spelling(
            names, {**self.assignment.input_names, **own, **self.assignment.tensor_names}
        )
        for life in self.study.program.lifetimes:
            if self._holds_something_else(life):
                life.target = None
            if life.sure and life.target is not None:
                self.targets[life.id] = life.target
        unsettled: list[tuple[Lifetime, str]] = []
        for life in self.lives:
            if life.sure or self._holds_something_else(life) or self._made_elsewhere(life):
                continue
            hint = spelling.hinted(life.name) or life.target
            if hint != life.target and not life.made and self._stands_alone(life):
                hint = life.target
            fitting = self.fitting.get(life.id, [])
            if hint is not None and (hint in fitting or not spelling.weak(life.name)):
                self.targets[life.id] = hint
            elif fitting:
                self.targets[life.id] = self._between_twins(fitting)
            elif hint is not None:
                unsettled.append((life, hint))
        self._settle(unsettled)
        self._by_order()

    def _holds_something_else(self, life: Lifetime) -> bool:
        """Whether no numbers stand under a tensor's own name: `caches["W2"] = (h, W2)`. Under a
        gradient's they would be one of the wrong type.
        """
        key, seen = key_of(life.name), self.observed.get(life.id)
        if key == life.name or key in self.assignment.gradient_names:
            return False
        value = seen.value if seen is not None else None
        return value is not None and value.kind == "other" and value.note != TOO_LARGE

    def _stands_alone(self, life: Lifetime) -> bool:
        """Whether a key is called as the student calls a forward tensor, and nothing in its
        container is a gradient: `self.x = x` of a layer.
        """
        return MARK in life.name and self._kind_of_key(life) not in self._holders

    def _made_elsewhere(self, life: Lifetime) -> bool:
        """Whether nothing says that it is a gradient what stands under a key that is made in the
        run: it equals none, as all under such keys in its container, and is not even called and
        shaped as one.
        """
        if not life.made or self.fitting.get(life.id):
            return False
        container, named = self._kind_of_key(life)
        return (container, named) not in self._holders and not (named and self._has_shape(life))

    def _has_shape(self, life: Lifetime) -> bool:
        """Whether something stands there in the shape of the target of that name."""
        draws = self.draws_of(life)
        target = self.assignment.gradient_names[key_of(life.name)][1:]
        shape = self.observed[life.id].value.shape
        if not draws or shape is None:
            return False
        return squeezed(shape) == squeezed(list(draws[0].network.gradients[target].shape))

    def _kind_of_key(self, life: Lifetime) -> tuple[str, bool]:
        """The container, and whether the key is a gradient's name or a tensor's own."""
        return root_of(life.name), key_of(life.name) in self.assignment.gradient_names

    @cached_property
    def _holders(self) -> set[tuple[str, bool]]:
        """Containers, with the kind of key, in which something equals a gradient."""
        return {self._kind_of_key(life) for life in self.lives if self.fitting.get(life.id)}

    def _settle(self, unsettled: Sequence[tuple[Lifetime, str]]) -> None:
        """A part of a gradient is called after it, too: `dcounts_1`. Such a name is an attempt
        only where the exercise has no better one.
        """
        self._exercises()
        training = {e.id for e in self.exercises.values() if e.training}
        tried = {
            (life.exercise, self.targets.get(life.id))
            for life in self.lives
            if life.loop is None or life.exercise in training
        }
        for life, hint in unsettled:
            self.targets[life.id] = hint
            self._exercise(life)
            if (life.exercise, hint) in tried:
                del self.targets[life.id]
                life.exercise = None

    def _by_order(self) -> None:
        """Elements of a list of gradients that equal none: what is left, in the list's order."""
        lists: defaultdict[tuple[str, int, int], list[Lifetime]] = defaultdict(list)
        for life in self.lives:
            container, mark, key = life.name.rpartition(MARK)
            if mark and key.isdigit():
                site = life.writes[-1]
                lists[container, site.cell, site.line].append(life)
        parameters = self.assignment.parameters
        for lives in lists.values():
            whole = [life.name.rpartition(MARK)[2] for life in lives]
            if max(map(int, whole)) >= len(parameters):
                continue
            taken = {self.targets[life.id] for life in lives if life.id in self.targets}
            for life, number in zip(lives, whole, strict=True):
                target = parameters[int(number)]
                if life.id not in self.targets and target not in taken and len(taken) > 1:
                    self.targets[life.id] = target

    def _between_twins(self, fitting: Sequence[str]) -> str:
        taken = set(self.targets.values())
        return next((target for target in fitting if target not in taken), fitting[-1])

    def _exercises(self) -> None:
        for life in self.study.program.lifetimes:
            self._exercise(life)

    def _exercise(self, life: Lifetime) -> None:
        target = self.targets.get(life.id)
        if target is not None:
            direct = frozenset(self.targets[n] for n in self._direct(life, target))
            self._put(life, target, direct | self._passed(life, target))

    def _passed(self, life: Lifetime, target: str) -> set[str]:
        """Gradients on the way to a target that the same statement gives beside it: a function's
        that goes the whole way in steps, whose arguments are not all that it is made with.
        """
        beside = self._beside[self._formula_of(life)]
        return {self.targets[n] for n in beside if n in self.targets} & self._beyond(target)

    @cached_property
    def _beside(self) -> defaultdict[int, list[int]]:
        """Formula → lifetimes that it gives a value."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for life in self.lives:
            found[self._formula_of(life)].append(life.id)
        return found

    def _formula_of(self, life: Lifetime) -> int:
        definition = self.study.definitions.get(life.id)
        if definition is None:
            return 0
        source = definition.formula.members[0].source if life.made else None
        return id(definition.formula if source is None else source.formula)

    def _drop_repeated(self) -> None:
        """What stands under a key of the run counts where the exercise has no other attempt: a
        dictionary may hold what has a name of its own, `dict(locals())`.
        """
        tried = {(life.exercise, self.targets.get(life.id)) for life in self.lives if not life.made}
        for life in self.lives:
            if life.made and (life.exercise, self.targets.get(life.id)) in tried:
                self.targets.pop(life.id, None)
                life.exercise = None

    def _put(self, life: Lifetime, target: str, upstream: frozenset[str] | None) -> None:
        exercise = self.study.recogniser.exercise(life, target, upstream)
        life.exercise = exercise.id if exercise else None

    def _direct(self, life: Lifetime, target: str) -> list[int]:
        """Gradients on the way to a target that a lifetime is computed from, with none in between:
        a parameter's, `dbnbias` for `dhpreact.sum(0)`, is a sum of what flows in.
        """
        way = self._beyond(target)
        return [
            found.id
            for each in self._stretch(life, lambda found: self.targets.get(found.id) in way)
            if (found := self._of.get(each)) is not None and self.targets.get(found.id) in way
        ]

    def _beyond(self, target: str) -> frozenset[str]:
        """Forward tensors that rest on a target."""
        if target not in self._beyonds:
            reached: set[str] = set()
            pending = [target]
            while pending:
                more = self.assignment.forward.consumers(pending.pop()) - reached
                reached |= more
                pending += more
            self._beyonds[target] = frozenset(reached)
        return self._beyonds[target]

    def _stretch(self, life: Lifetime, marked: Any) -> list[Definition]:
        """A lifetime's definition down to marked gradients, leaves and what cannot be followed."""
        start = self.study.definitions.get(life.id)
        if start is None:
            return []

        def stop(each: Definition) -> bool:
            found = self._of.get(each)
            return (found is not None and found is not life and marked(found)) or (
                self.formulas.bottom(each) or each in self.room.values
            )

        return list(self.formulas.closure(start, stop))
