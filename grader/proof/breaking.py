"""Broken students: every mistake at every step where it makes a difference."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import torch

from grader.analysis.text import Change, Text, names_in
from grader.assignment import Assignment
from grader.proof import factors, sums
from grader.proof.bench import Bench, Evaluated, benches
from grader.proof.codes import BY_KIND, codes_of, level_of
from grader.proof.mutant import Mutant, MutantTally, Truth
from grader.proof.order import ZERO, leans_on_zero, too_early
from grader.proof.pasting import copied_steps, copied_throughout, hoisted, pasted
from grader.proof.scope import Scope
from grader.proof.stage import Stage, truth
from grader.proof.steps import Edit, Solution, SolutionStep

Operator = Callable[[Text, Scope], Iterator[Change]]
OPERATORS: dict[str, Operator] = {
    "drop_sum": sums.drop_sum,
    "drop_keepdim": sums.drop_keepdim,
    "wrong_dim": sums.wrong_dim,
    "sign": factors.sign,
    "constant": factors.constant,
    "power": factors.power,
    "transpose": sums.transpose,
    "lost_path": sums.lost_path,
    "lost_upstream": factors.lost_upstream,
    "lost_factor": factors.lost_factor,
    "extra_factor": factors.extra_factor,
    "swapped_operand": factors.swapped_operand,
    "swapped_upstream": factors.swapped_upstream,
    "assign_for_add": sums.assign_for_add,
    "repeated": sums.repeated,
    "ones_start": sums.ones_start,
    "missing_clone": sums.missing_clone,
    "wrong_index": sums.wrong_index,
}
"""Kind → what it makes of a statement. To be extended with a function and a line here."""


def mutants(
    solution: dict[str, Any], assignment: Assignment, tally: MutantTally | None = None
) -> Iterator[Mutant]:
    """Broken versions of a solution notebook, each verified to be broken.

    tally: filled with what became of all changes that were tried.
    Raises AssignmentError where the solution itself is not right.
    """
    breaker = Breaker(Solution(solution, assignment), tally or MutantTally())
    yield from breaker.everything()


class Breaker:
    """Tries changes and keeps those that are mistakes."""

    def __init__(self, solution: Solution, tally: MutantTally) -> None:
        self.solution, self.tally = solution, tally
        self.stage = Stage(solution)
        self.benches = {
            (bench.step.exercise, bench.step.target): bench
            for bench in benches(self.stage, solution.steps, tally)
        }
        self.ids: Counter[str] = Counter()
        exercises = solution.assignment.spec.exercises
        self.marked = {exercise.id: exercise.targets for exercise in exercises}

    def everything(self) -> Iterator[Mutant]:
        """All mutants, step by step, then those of whole notebooks."""
        for bench in self.benches.values():
            if bench.step.target in self.marked[bench.step.exercise]:
                yield from self.of_step(bench)
        yield from self.throughout()

    def of_step(self, bench: Bench) -> Iterator[Mutant]:
        """All mutants of one step."""
        known: set[tuple[str, str]] = set()
        swaps = self._swaps(bench)
        for kind, operator in OPERATORS.items():
            for number, statement in enumerate(bench.step.statements):
                for node, new in operator(statement.text, bench.scope):
                    sources = list(bench.step.sources)
                    left_out = new == "pass" and node in statement.text.tree.body
                    sources[number] = "" if left_out else statement.text.replaced(node, new)
                    if mutant := self._tried(bench, kind, sources, number, node, known, swaps):
                        self.tally.kept[kind] += 1
                        yield mutant
        for maker in (pasted, copied_steps, hoisted, too_early):
            for kind, edits, note in maker(bench):
                mutant = self._known(bench, kind, edits, note)
                if kind == "too_early" and mutant.value == "right" and not leans_on_zero(bench):
                    self.tally.equivalent[kind] += 1
                    continue
                self.tally.kept[kind] += 1
                yield mutant

    def _tried(
        self,
        bench: Bench,
        kind: str,
        sources: list[str],
        number: int,
        node: ast.AST,
        known: set[tuple[str, str]],
        swaps: list[torch.Tensor],
    ) -> Mutant | None:
        """The mutant, if the change is a mistake of its own."""
        relation = bench.relation(sources)
        result = bench.evaluate(sources, 0)
        if relation == "same" and result.changed:
            return self._alias(bench, kind, sources, result, number)
        if relation == "reshaped":
            return self._reshaped(bench, kind, sources, result, number)
        if relation == "borderline" or result.changed:
            self.tally.borderline[kind] += 1
            return None
        if relation == "same" or bench.fits_forward(sources) or self._zero(bench, sources):
            self.tally.equivalent[kind] += 1
            return None
        marks = {(kind, fingerprint(result)), ("", ast.dump(ast.parse("\n".join(sources))))}
        if marks & known:
            self.tally.repeated[kind] += 1
            return None
        known |= marks
        texts = [statement.text for statement in bench.step.statements]
        level = level_of(texts[number], node, bench.step.name, texts)
        right = bench.right[0].value
        assert right is not None
        paths = self.stage.forward.contributions(
            bench.leaves, bench.step.target, bench.cotangents[0]
        )
        codes = codes_of(kind, level, result.value, right, paths, swaps)
        return self._mutant(
            bench,
            kind,
            sources,
            number,
            codes=codes,
            wrong=(bench.step.target,),
            raises=result.value is None,
        )

    def _zero(self, bench: Bench, sources: list[str]) -> bool:
        """Whether a change keeps a zero zero. Where no other gradient is marked on the way from
        the loss, the answer is the whole way, and zero with another sign is the same answer.
        """
        step = bench.step
        between = set(self.marked[step.exercise]) & set(self.solution.assignment.forward.tensors)
        if between or float(bench.gradients[step.target].abs().max()) >= ZERO:
            return False
        return self._value(step.edits(tuple(sources)), step)[0] == "right"

    def _swaps(self, bench: Bench) -> list[torch.Tensor]:
        """What the step gives with another forward tensor in the place of one of its operands."""
        found = []
        for number, statement in enumerate(bench.step.statements):
            for node, new in factors.any_operand(statement.text, bench.scope):
                sources = list(bench.step.sources)
                sources[number] = statement.text.replaced(node, new)
                found.append(bench.evaluate(sources, 0).value)
        return [value for value in found if value is not None and bool(value.isfinite().all())]

    def _alias(
        self, bench: Bench, kind: str, sources: list[str], result: Evaluated, number: int
    ) -> Mutant | None:
        """The step is right and harms one above it: the note belongs to that."""
        if kind != "missing_clone" or len(result.changed) != 1:
            self.tally.borderline[kind] += 1
            return None
        (harmed,) = result.changed
        edits = bench.step.edits(tuple(sources))
        # What is added to it through the alias may be zero; then there is nothing to be told.
        codes = (
            ("alias",)
            if self._spoilt(edits, self.benches[bench.step.exercise, harmed].step)
            else ()
        )
        return self._mutant(bench, kind, sources, number, codes=codes, target=harmed)

    def _reshaped(
        self, bench: Bench, kind: str, sources: list[str], result: Evaluated, number: int
    ) -> Mutant | None:
        """Right numbers in another shape: a mistake only where a later step trips over it."""
        assert result.value is not None
        shapes = {bench.step.name: result.value.shape}
        others = [b for (e, _), b in self.benches.items() if e == bench.step.exercise]
        later = [b for b in others if bench.step.target in b.reads]
        harmed = [b for b in later if b.relation(b.step.sources, shapes) == "different"]
        if not harmed:
            self.tally.equivalent[kind] += 1
            return None
        return self._mutant(
            bench,
            kind,
            sources,
            number,
            codes=("missing_keepdim",),
            wrong=tuple(b.step.target for b in harmed),
            raises=any(b.evaluate(b.step.sources, 0, shapes).value is None for b in harmed),
        )

    def _mutant(
        self,
        bench: Bench,
        kind: str,
        sources: list[str],
        number: int,
        *,
        codes: tuple[str, ...],
        wrong: tuple[str, ...] = (),
        raises: bool = False,
        target: str | None = None,
    ) -> Mutant:
        step = bench.step
        edits = step.edits(tuple(sources))
        target = target or step.target
        value, breaks = self._value(edits, self.benches[step.exercise, target].step)
        if number and begins_again(step, sources[number]):
            # What stood there before is an attempt of its own, and the better one counts.
            before = msgspec.structs.replace(step, statements=step.statements[:number])
            earlier, _ = self._value(edits, before, settled=True)
            value = "right" if earlier == "right" else value
        if value == "right" and codes and bench.reads_of(sources) - bench.reads:
            codes += ("missing_path",)  # the path between the two gradients adds up to zero
        statement = step.statements[number]
        offset = _first_difference(statement.text.source, sources[number])
        return Mutant(
            id=self._id(kind, step, target),
            kind=kind,
            exercise=step.exercise,
            target=target,
            codes=codes,
            wrong=wrong,
            value=value,
            raises=raises,
            breaks=breaks,
            line=(statement.cell, statement.line + offset),
            note=_line_of(sources[number], offset) or f"without {statement.text.source}",
            notebook=self.solution.with_cells(self.solution.edited(edits)),
        )

    def _known(self, bench: Bench, kind: str, edits: list[Edit], note: str) -> Mutant:
        """A mutant that needs no verification but that its value is what it was."""
        step = bench.step
        value, breaks = self._value(edits, step)
        return Mutant(
            id=self._id(kind, step, step.target),
            kind=kind,
            exercise=step.exercise,
            target=step.target,
            codes=BY_KIND.get(kind, ()),
            wrong=(step.target,),
            value=value,
            breaks=breaks,
            line=self._line(step.exercise, edits),
            note=note,
            notebook=self.solution.with_cells(self.solution.edited(edits)),
        )

    def throughout(self) -> Iterator[Mutant]:
        """Notebooks in which every gradient of an exercise is autograd's."""
        exercise = self.solution.assignment.spec.exercises[0]
        for name, sources in copied_throughout(self.solution, exercise.id):
            self.tally.kept["copied"] += 1
            _, names, _ = self.stage.run_sources(exercise.id, sources)
            seen = self.stage.look(names)
            true = self.stage.forward.gradients(seen.leaves)
            found = {truth(seen.gradients.get(x), true[x]) for x in exercise.targets}
            yield Mutant(
                id=f"copied-all-{name}",
                kind="copied",
                exercise=exercise.id,
                codes=("copied",),
                wrong=tuple(exercise.targets),
                value="right" if found == {"right"} else "wrong",
                note=name,
                notebook=self.solution.with_cells(sources),
            )

    def _line(self, exercise: str, edits: list[Edit]) -> tuple[int, int]:
        """Where the first edit within the exercise begins."""
        answers = self.solution.cells[exercise]
        cell, start = next(edit[:2] for edit in edits if edit[0] in answers)
        return cell, self.solution.sources[cell].count("\n", 0, start) + 1

    def _id(self, kind: str, step: SolutionStep, target: str) -> str:
        first = self.solution.assignment.spec.exercises[0].id
        prefix = "" if step.exercise == first else f"{step.exercise}-"
        base = f"{prefix}{kind.replace('_', '-')}-d{target}"
        self.ids[base] += 1
        return base if self.ids[base] == 1 else f"{base}-{self.ids[base]}"

    def _spoilt(self, edits: list[Edit], step: SolutionStep) -> bool:
        """Whether a step's gradient is another one when the cells have run."""
        seen, names, _ = self.stage.run(step.exercise, edits, step)
        expected = self.stage.forward.gradients(seen[-1].leaves)[step.target]
        return truth(names.get(step.name), expected) != "right"

    def _value(
        self, edits: list[Edit], step: SolutionStep, *, settled: bool = False
    ) -> tuple[Truth, bool]:
        """The value of a step in an ordinary run: right when settled or, unless only that is
        asked, when the cells have run; in the first and the last iteration of a loop. And
        whether any cell raised.
        """
        seen, names, errors = self.stage.run(step.exercise, edits, step)
        if not seen:
            return "wrong", bool(errors)
        found: set[Truth] = set()
        for moment in (seen[0], seen[-1]):
            expected = self.stage.forward.gradients(moment.leaves)[step.target]
            found.add(truth(moment.gradients.get(step.target), expected))
        if len(seen) == 1 and found != {"right"} and not settled:
            found = {truth(names.get(step.name), expected)}
        worst: Truth = "wrong" if "wrong" in found else "unknown" if "unknown" in found else "right"
        return worst, bool(errors)


def begins_again(step: SolutionStep, source: str) -> bool:
    """Whether a statement assigns the whole gradient without reading it."""
    body = ast.parse(source).body
    return bool(
        body
        and isinstance(body[0], ast.Assign)
        and isinstance(body[0].targets[0], ast.Name)
        and step.name not in names_in(body[0].value)
    )


def fingerprint(result: Evaluated) -> str:
    """Equal for results that agree to four digits."""
    value = result.value
    if value is None:
        return "raised"
    generator = torch.Generator().manual_seed(1)
    weights = torch.randn(value.shape, generator=generator, dtype=torch.float64)
    return f"{tuple(value.shape)} {float((value.detach().double() * weights).sum()):.4g}"


def _line_of(source: str, number: int) -> str:
    return source.splitlines()[number].strip() if source else ""


def _first_difference(old: str, new: str) -> int:
    """The first line, from 0, in which two sources differ."""
    pairs = zip(old.splitlines(), new.splitlines(), strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), 0)
