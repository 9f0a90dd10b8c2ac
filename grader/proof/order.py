"""Steps in the wrong order: right formulas that read a gradient before it is complete.

They are wrong, for they leave out a path. Where the value is right nevertheless, it is so for one
of two reasons. What is left out flows through a gradient that is zero: then the line is right by
that alone. Or it adds up to nothing, as deviations from a mean do: then nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from grader.analysis.text import names_in
from grader.proof.bench import Bench
from grader.proof.steps import Edit, SolutionStep

ZERO = 1e-6
"""Of a gradient, what is left by rounding where the truth is zero."""


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


def leans_on_zero(bench: Bench) -> bool:
    """Whether the statement that was not waited for adds what flows through a zero gradient."""
    names = bench.stage.solution.assignment.gradient_names
    lates = {
        names[name][1:]
        for other in bench.stage.solution.of_exercise(bench.step.exercise)
        if other.target in bench.reads and len(other.statements) > 1
        for name in names_in(other.statements[-1].text.tree) & names.keys()
    }
    return any(float(bench.gradients[late].abs().max()) < ZERO for late in lates)


def _ready(bench: Bench, done: list[SolutionStep]) -> bool:
    """Whether everything else that the step reads exists by then."""
    return bench.reads <= {step.target for step in done}
