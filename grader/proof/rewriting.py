"""Right students who write otherwise: whatever they do must not be marked down."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

from grader.assignment import Assignment
from grader.proof.bench import Bench, benches
from grader.proof.idioms import IDIOMS, Idiom
from grader.proof.layouts import layouts
from grader.proof.mutant import Mutant, MutantTally
from grader.proof.phrases import PHRASES
from grader.proof.stage import HOOK, Ran, Stage, StepValues, truth
from grader.proof.statements import FORMS, in_form, in_place, with_helper
from grader.proof.steps import Solution, SolutionStep

OF_A_KIND = 12
"""Rewrites of one idiom in all."""
OF_A_STEP = 2
"""Rewrites of one idiom at one step."""
EVERY = 11
"""A form is tried at every so many steps, each form beginning at another."""

Way = tuple[str, tuple[str, ...]]
"""A rewrite's name and the sources of the step."""


def rewrites(
    solution: dict[str, Any], assignment: Assignment, tally: MutantTally | None = None
) -> Iterator[Mutant]:
    """Equivalent versions of a solution notebook, each verified to be equivalent.

    A changed step agrees with the original on random cotangents, or fits the forward script
    given what it reads; and an ordinary run leaves all gradients of the exercise right.
    Raises AssignmentError where the solution itself is not right.
    """
    rewriter = Rewriter(Solution(solution, assignment), tally or MutantTally())
    yield from rewriter.everything()


class Rewriter:
    """Tries rewrites and keeps those that are right."""

    def __init__(self, solution: Solution, tally: MutantTally) -> None:
        self.solution, self.tally = solution, tally
        self.stage = Stage(solution)
        self.benches = list(benches(self.stage, solution.steps, tally))
        self.kept: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()

    def everything(self) -> Iterator[Mutant]:
        """All rewrites, step by step, then those of whole exercises."""
        for number, bench in enumerate(self.benches):
            known, here = {bench.step.sources}, Counter[str]()
            for name, sources in _ways(bench, number):
                full = self.kept[name] >= OF_A_KIND or here[name] >= OF_A_STEP
                if sources in known or (full and name != "phrase"):
                    continue
                known.add(sources)
                if mutant := self._rewrite(bench, name, sources):
                    here[name] += 1
                    yield mutant
        for exercise in self.solution.cells:
            for name, changed in layouts(self.solution, exercise):
                if all(source == self.solution.sources[cell] for cell, source in changed.items()):
                    continue
                steps = self.solution.of_exercise(exercise)
                hooked = _with_hook(self.solution, steps[-1], changed)
                seen = self.stage.run_sources(exercise, hooked)
                if mutant := self._checked(name, exercise, name, changed, seen, None):
                    yield mutant

    def _rewrite(self, bench: Bench, name: str, sources: tuple[str, ...]) -> Mutant | None:
        if not _parses(sources) or not self._equivalent(bench, sources):
            self.tally.refuted[name] += 1
            return None
        step, edits = bench.step, bench.step.edits(sources)
        line = (step.statements[0].cell, step.statements[0].line)
        last = self.solution.of_exercise(step.exercise)[-1]
        ran = self.stage.run(step.exercise, edits, last)
        changed = self.solution.edited(edits)
        return self._checked(name, step.exercise, f"{name}-{step.name}", changed, ran, line)

    def _equivalent(self, bench: Bench, sources: tuple[str, ...]) -> bool:
        result = bench.evaluate(sources, 0)
        if result.value is None or result.changed:
            return False
        relation = bench.relation(sources)
        if relation == "reshaped":
            shapes = {bench.step.name: result.value.shape}
            readers = [
                other
                for other in self.benches
                if other.step.exercise == bench.step.exercise and bench.step.target in other.reads
            ]
            return all(r.relation(r.step.sources, shapes) in {"same", "reshaped"} for r in readers)
        exercises = {e.id: e for e in self.solution.assignment.spec.exercises}
        declared = exercises[bench.step.exercise].upstream.get(bench.step.target)
        if declared is not None and bench.reads_of(sources) != set(declared):
            return False  # right, but not what this exercise asks for
        return relation == "same" or bench.fits_forward(sources) or _is_insight(bench, sources)

    def _checked(
        self,
        name: str,
        exercise: str,
        id_: str,
        changed: dict[int, str],
        ran: Ran,
        line: tuple[int, int] | None,
    ) -> Mutant | None:
        """The rewrite, if an ordinary run of it leaves everything right."""
        if not self._ran_right(exercise, ran):
            self.tally.refuted[name] += 1
            return None
        self.kept[name] += 1
        self.tally.kept[name] += 1
        first = self.solution.assignment.spec.exercises[0].id
        prefix = "rewrite-" if exercise == first else f"rewrite-{exercise}-"
        base = prefix + id_.replace("_", "-")
        self.ids[base] += 1
        return Mutant(
            id=base if self.ids[base] == 1 else f"{base}-{self.ids[base]}",
            kind="rewrite",
            exercise=exercise,
            value="right",
            line=line,
            note=name,
            notebook=self.solution.with_cells(changed),
        )

    def _ran_right(self, exercise: str, ran: Ran) -> bool:
        """In loops all gradients are looked at when the last of them has settled."""
        exercises = {e.id: e for e in self.solution.assignment.spec.exercises}
        seen, names, errors = ran
        moments = [seen[0], seen[-1]] if seen else [self.stage.look(names)]
        return not errors and all(
            self._all_right(moment, exercises[exercise].targets) for moment in moments
        )

    def _all_right(self, moment: StepValues, targets: list[str]) -> bool:
        true = self.stage.forward.gradients(moment.leaves)
        return all(truth(moment.gradients.get(x), true[x]) == "right" for x in targets)


def _with_hook(solution: Solution, step: SolutionStep, changed: dict[int, str]) -> dict[int, str]:
    """Layouts within loops keep their lines: report after the last line of this step."""
    last = step.statements[-1]
    if not last.column:
        return changed
    lines = changed.get(last.cell, solution.sources[last.cell]).splitlines()
    number = solution.sources[last.cell].count("\n", 0, last.end) + 1
    lines.insert(number, " " * last.column + f'{HOOK}("")')
    return {**changed, last.cell: "\n".join(lines)}


def _ways(bench: Bench, number: int) -> Iterator[Way]:
    """Everything to try at one step."""
    step, sources = bench.step, bench.step.sources
    in_loop = step.statements[0].column > 0
    for k, phrase in enumerate(PHRASES.get(step.name, ())):
        if in_loop and (number + k) % 4:
            continue
        yield "phrase", (phrase, *("" for _ in sources[1:]))
    idioms: dict[str, Idiom] = {**IDIOMS, "with_helper": with_helper, "in_place": in_place}
    for name, idiom in idioms.items():
        yield from _changed(bench, name, idiom)
    for k, form in enumerate(FORMS):
        if (number + k) % EVERY == 0 or form == "double":
            yield from _changed(bench, form, partial(in_form, form))


def _changed(bench: Bench, name: str, idiom: Idiom) -> Iterator[Way]:
    for number, statement in enumerate(bench.step.statements):
        for node, new in idiom(statement.text, bench.scope):
            changed = list(bench.step.sources)
            changed[number] = statement.text.replaced(node, new)
            yield name, tuple(changed)


def _parses(sources: tuple[str, ...]) -> bool:
    try:
        ast.parse("\n".join(sources))
    except SyntaxError:
        return False
    return True


def _is_insight(bench: Bench, sources: tuple[str, ...]) -> bool:
    """Zeros, read from nowhere, for a gradient that is zero for whatever data."""
    value = bench.evaluate(sources, 0).value
    true = bench.gradients[bench.step.target]
    return (
        value is not None
        and not bool(value.any())
        and float(true.abs().max()) < 1e-6
        and not bench.reads_of(sources)
    )
