"""Which target each lifetime is an attempt at, and in which exercise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import Definition
from grader.analysis.spelling import Spelling
from grader.analysis.statements import MARK
from grader.cleanroom.forward_lines import ForwardLines


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
            if life.sure and life.target is not None:
                self.targets[life.id] = life.target
        unsettled: list[tuple[Lifetime, str]] = []
        for life in self.lives:
            if life.sure:
                continue
            hint = spelling.hinted(life.name) or life.target
            fitting = self.fitting.get(life.id, [])
            if hint is not None and (hint in fitting or not spelling.weak(life.name)):
                self.targets[life.id] = hint
            elif fitting:
                self.targets[life.id] = self._between_twins(fitting)
            elif hint is not None:
                unsettled.append((life, hint))
        self._settle(unsettled)
        self._by_order()

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
        return 0 if definition is None else id(definition.formula)

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
