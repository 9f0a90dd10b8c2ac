"""Habits put around the solution, its rewrites and its mutants, by a fixed seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from grader.assignment import Assignment
from grader.proof.habits import HABITS, Habit, NotHereError, applied, compatible
from grader.proof.mutant import Mutant

VARIANTS = 1_000
"""Honest ones, and as many broken ones."""
ALONE = 300
"""Honest variants of the solution itself; the others are of its rewrites."""
SEVERAL = (1, 2, 2, 3)
"""How many habits a variant has, drawn from these."""
TRIES = 8
SEED = 20
NOT_CROSSED = {"copied", "pasted", "too_early", "hoisted_start"}
"""Copies have a truth of their own; the others hang on the place of a statement in its cell,
which habits change."""


def honest(
    notebook: dict[str, Any],
    rewrites: Sequence[Mutant],
    assignment: Assignment,
    count: int = VARIANTS,
) -> Iterator[Mutant]:
    """Variants that deserve full marks without a note: each habit alone, then drawn ones."""
    exercise = assignment.spec.exercises[0].id
    solution = Mutant(
        id="solution", kind="habit", exercise=exercise, value="right", notebook=notebook
    )
    crossing = _Crossing(assignment, random.Random(SEED))  # noqa: S311 - a fixed draw
    made = 0
    singles = ([habit] for habit in HABITS.values())
    for chosen in singles:
        if made < count and (variant := crossing.of(solution, chosen)):
            made += 1
            yield variant
    bases = [mutant for mutant in rewrites if not _reads_engine(mutant)]
    order = [solution] * max(min(ALONE, count) - made, 0) + list(_again(bases, crossing.draw))
    yield from crossing.drawn(order, count - made)


def burdened(
    mutants: Sequence[Mutant], assignment: Assignment, count: int = VARIANTS
) -> Iterator[Mutant]:
    """Broken notebooks with habits around the mistake, which stays what it was.

    Nothing is known of what raises: an error ends the cell, and habits move what is in it.
    """
    crossing = _Crossing(assignment, random.Random(SEED + 1))  # noqa: S311 - a fixed draw
    bases = [
        mutant
        for mutant in mutants
        if mutant.kind not in NOT_CROSSED and not (mutant.raises or mutant.breaks)
    ]
    yield from crossing.drawn(_again(bases, crossing.draw), count)


class _Crossing:
    """Draws habits for notebooks, and makes each variant once."""

    def __init__(self, assignment: Assignment, draw: random.Random) -> None:
        self.assignment, self.draw = assignment, draw
        self.known: set[str] = set()

    def drawn(self, bases: Iterable[Mutant], count: int) -> Iterator[Mutant]:
        """A variant of each base with drawn habits, until there are `count`."""
        for base in bases:
            if count <= 0:
                return
            for _ in range(TRIES):
                if variant := self.of(base, self._habits(base)):
                    count -= 1
                    yield variant
                    break

    def _habits(self, base: Mutant) -> list[Habit]:
        wanted = self.draw.choice(SEVERAL)
        chosen: list[Habit] = []
        for habit in self.draw.sample(list(HABITS.values()), len(HABITS)):
            if len(chosen) < wanted and fits(base, habit) and compatible([*chosen, habit]):
                chosen.append(habit)
        return chosen

    def of(self, base: Mutant, habits: list[Habit]) -> Mutant | None:
        """The variant, if it can be made and is none that was there before."""
        names = tuple(habit.name for habit in habits)
        id_ = f"{base.id}--{'-'.join(names).replace('_', '-')}"
        if id_.lower() in self.known:
            return None
        try:
            notebook = applied(habits, base.notebook, self.assignment)
        except NotHereError:
            return None
        self.known.add(id_.lower())
        return msgspec.structs.replace(
            base,
            id=id_,
            habits=names,
            once=not any(habit.by_value for habit in habits),
            codes=(),
            value="unknown",
            line=None,
            notebook=notebook,
        )


def fits(base: Mutant, habit: Habit) -> bool:
    """Whether the habit leaves the truth about this notebook what it is."""
    if base.kind == "rewrite":
        return not habit.solution_only
    about = {(base.exercise, target) for target in (base.target, *base.wrong) if target}
    return not about & habit.needs_right


def _again(bases: Sequence[Mutant], draw: random.Random) -> Iterator[Mutant]:
    """All of them in a drawn order, again and again."""
    for _ in range(10):
        yield from draw.sample(list(bases), len(bases))


def _reads_engine(mutant: Mutant) -> bool:
    """A rewrite that takes another target's `.grad` is right, but not without a word."""
    return "* logprobs.grad" in json.dumps(mutant.notebook)
