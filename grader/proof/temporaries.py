"""Mistakes in gradients that carry no mark, above gradients that do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch

from grader.assignment import Assignment
from grader.proof.bench import Bench, benches
from grader.proof.breaking import OPERATORS, fingerprint
from grader.proof.mutant import Mutant, MutantTally, Truth
from grader.proof.pasting import is_zero
from grader.proof.stage import Stage, StepValues, truth
from grader.proof.steps import Edit, Solution

ROUNDING = 1e-3
"""Greatest element up to which a gradient that should be zero may have become what it is by
rounding alone."""
OF_A_KIND = 3
"""Mutants of one kind at one temporary."""


def temporaries(solution: dict[str, Any], assignment: Assignment) -> Iterator[Mutant]:
    """Broken versions of a notebook in which every mistake is in an unmarked gradient.

    Wrong is every marked gradient that differs from autograd's in the first and in the last
    iteration, and no other: a wrong `dhprebn` whose columns still add up to zero leaves `db1`
    right.
    """
    trial = _Temporaries(Solution(solution, assignment))
    steps = [s for s in trial.solution.steps if s.target not in trial.marked[s.exercise]]
    for bench in benches(trial.stage, steps, MutantTally()):
        yield from trial.of(bench)


class _Temporaries:
    def __init__(self, solution: Solution) -> None:
        self.solution, self.stage = solution, Stage(solution)
        exercises = solution.assignment.spec.exercises
        self.marked = {exercise.id: exercise.targets for exercise in exercises}
        self.ids: Counter[str] = Counter()

    def of(self, bench: Bench) -> Iterator[Mutant]:
        """The mutants of one temporary."""
        known: set[str] = set()
        kept: Counter[str] = Counter()
        for kind, number, sources in _changes(bench):
            if kept[kind] >= OF_A_KIND or bench.relation(sources) != "different":
                continue
            mark = fingerprint(bench.evaluate(sources, 0))
            wrong = self._wrong(bench, bench.step.edits(sources))
            if mark not in known and wrong:
                known.add(mark)
                kept[kind] += 1
                yield self._mutant(bench, kind, number, sources, wrong)

    def _wrong(self, bench: Bench, edits: list[Edit]) -> tuple[str, ...]:
        """The marked gradients that are wrong in a run; none where that is not clear."""
        exercise = bench.step.exercise
        last = self.solution.of_exercise(exercise)[-1]
        seen, _, errors = self.stage.run(exercise, edits, last)
        if errors or not seen:
            return ()
        first, final = (self._verdicts(exercise, moment) for moment in (seen[0], seen[-1]))
        if first != final or "unknown" in first.values():
            return ()
        return tuple(target for target, verdict in first.items() if verdict == "wrong")

    def _verdicts(self, exercise: str, moment: StepValues) -> dict[str, Truth]:
        true = self.stage.forward.gradients(moment.leaves)
        return {x: clearly(moment.gradients.get(x), true[x]) for x in self.marked[exercise]}

    def _mutant(
        self,
        bench: Bench,
        kind: str,
        number: int,
        sources: tuple[str, ...],
        wrong: tuple[str, ...],
    ) -> Mutant:
        step = bench.step
        statement = step.statements[number]
        base = f"{step.exercise}-temporary-{kind.replace('_', '-')}-{step.name}"
        self.ids[base] += 1
        return Mutant(
            id=base if self.ids[base] == 1 else f"{base}-{self.ids[base]}",
            kind="temporary",
            exercise=step.exercise,
            wrong=wrong,
            line=(statement.cell, statement.line),
            note=sources[number] or f"without {statement.text.source}",
            notebook=self.solution.with_cells(self.solution.edited(step.edits(sources))),
        )


def clearly(value: torch.Tensor | None, true: torch.Tensor) -> Truth:
    """The verdict on a value; of a gradient that is zero but for rounding, unknown where the
    value may be rounding, too.
    """
    verdict = truth(value, true)
    rounding = value is not None and float(value.abs().max()) < ROUNDING
    return "unknown" if verdict == "wrong" and is_zero(true) and rounding else verdict


def _changes(bench: Bench) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Every change that some operator makes: its kind, the statement, the step's sources."""
    for kind, operator in OPERATORS.items():
        for number, statement in enumerate(bench.step.statements):
            for node, new in operator(statement.text, bench.scope):
                sources = list(bench.step.sources)
                left_out = new == "pass" and node in statement.text.tree.body
                sources[number] = "" if left_out else statement.text.replaced(node, new)
                yield kind, number, tuple(sources)
