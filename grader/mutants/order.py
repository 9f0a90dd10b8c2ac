"""Steps in the wrong order: right formulas that read a gradient before it is complete."""

from __future__ import annotations

from collections.abc import Iterator

from grader.mutants.bench import Bench
from grader.mutants.steps import Edit, Step


def too_early(bench: Bench) -> Iterator[tuple[str, list[Edit], str]]:
    """The step put before the last statement of one that it reads: kind, edits, note."""
    step, solution = bench.step, bench.stage.solution
    if len(step.statements) > 1:
        return
    (own,) = step.statements
    earlier = solution.of_exercise(step.exercise)
    earlier = earlier[: earlier.index(step)]
    for other in earlier:
        last = other.statements[-1]
        if len(other.statements) < 2 or other.target not in bench.reads or own.column:
            continue
        if _ready(bench, earlier[: earlier.index(other) + 1]):
            before = (last.cell, last.start, last.start, own.text.source + "\n")
            yield "too_early", [before, own.edit("")], f"before {last.text.source}"


def _ready(bench: Bench, done: list[Step]) -> bool:
    """Whether everything else that the step reads exists by then."""
    return bench.reads <= {step.target for step in done}
