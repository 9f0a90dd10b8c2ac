"""The same answers in another order, other cells, functions, or under other names."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from itertools import pairwise

from grader.analysis.text import names_in
from grader.proof.steps import NEW_CELL, Edit, Solution, SolutionStep

Sources = dict[int, str]
Layout = tuple[str, Sources]
"""A name, and the sources of the cells that change."""


def layouts(solution: Solution, exercise: str) -> Iterator[Layout]:
    """All layouts of one exercise."""
    steps = solution.of_exercise(exercise)
    if any(statement.column for step in steps for statement in step.statements):
        yield from renamed(solution, exercise)
        return
    yield from merged(solution, exercise)
    yield from in_functions(solution, exercise)
    yield from reordered(solution, exercise)
    yield from kept_flat(solution, exercise)
    yield from renamed(solution, exercise)


def merged(solution: Solution, exercise: str) -> Iterator[Layout]:
    """All answers in the first cell of the exercise; in the last, with blank lines between."""
    steps = solution.of_exercise(exercise)
    yield "one_cell", _all_in_first(solution, steps, _joined(steps))
    cells = solution.cells[exercise]
    yield "one_text", {cells[0]: _joined(steps), **dict.fromkeys(cells[1:], "")}
    guarded = "if __name__ == '__main__':\n" + textwrap.indent(_joined(steps), "    ")
    yield "guarded", _all_in_first(solution, steps, guarded)
    silent = "with torch.no_grad():\n" + textwrap.indent(_joined(steps), "    ")
    yield "no_grad", _all_in_first(solution, steps, silent)
    ends = [step.statements[-1] for step in steps[:-1]]
    yield "cell_each", solution.edited([(s.cell, s.end, s.end, NEW_CELL) for s in ends])
    semicolons = "; ".join(s for s in _joined(steps).splitlines() if s and s[0] != " ")
    if "for " not in semicolons and "(\n" not in _joined(steps):
        yield "one_line", _all_in_first(solution, steps, semicolons)


def in_functions(solution: Solution, exercise: str) -> Iterator[Layout]:
    """All answers in a function that returns them; a function for each cell; a class."""
    steps = solution.of_exercise(exercise)
    names = [step.name for step in steps]
    listed = ", ".join(names) + ("," if len(names) == 1 else "")
    body = textwrap.indent(_joined(steps), "    ")
    yield (
        "tuple_function",
        _all_in_first(
            solution,
            steps,
            f"def backward():\n{body}\n    return {listed}\n\n\n({listed}) = backward()",
        ),
    )
    pairs = ", ".join(f'"{name}": {name}' for name in names)
    taken = "\n".join(f'{name} = gradients["{name}"]' for name in names)
    yield (
        "dict_function",
        _all_in_first(
            solution,
            steps,
            f"def backward():\n{body}\n    return {{{pairs}}}\n\n\ngradients = backward()\n{taken}",
        ),
    )
    declared = f"    global {', '.join(names)}\n"
    yield (
        "global_function",
        _all_in_first(solution, steps, f"def backward():\n{declared}{body}\n\n\nbackward()"),
    )
    yield "function_per_cell", solution.edited(list(_cell_functions(steps)))


def _cell_functions(steps: list[SolutionStep]) -> Iterator[Edit]:
    """A function for the steps of each cell, with what it needs as arguments."""
    for cell in sorted({step.statements[0].cell for step in steps}):
        here = [step for step in steps if step.statements[0].cell == cell]
        names = [step.name for step in here]
        needed = sorted(
            {
                name
                for step in here
                for statement in step.statements
                for name in names_in(statement.text.tree)
                if name in {other.name for other in steps}
            }
            - set(names)
        )
        listed = ", ".join(names) + ("," if len(names) == 1 else "")
        body = textwrap.indent(_joined(here), "    ")
        arguments = ", ".join(needed)
        new = f"def part({arguments}):\n{body}\n    return {listed}\n\n\n"
        new += f"({listed}) = part({arguments})"
        yield from _replaced(here, new)


def reordered(solution: Solution, exercise: str) -> Iterator[Layout]:
    """Neighbouring steps of a cell that do not depend on each other, exchanged."""
    steps = solution.of_exercise(exercise)
    for first, second in pairwise(steps):
        a, b = first.statements[-1], second.statements[0]
        same_cell = a.cell == b.cell and len(first.statements) == len(second.statements) == 1
        if same_cell and first.name not in b.reads() and second.name not in a.reads():
            edits = [a.edit(b.text.source), b.edit(a.text.source)]
            yield f"{second.name}_before_{first.name}", solution.edited(edits)
            both = f"{first.name}, {second.name}"
            values = ", ".join(s.text.source.split(" = ", 1)[1] for s in (a, b))
            edits = [a.edit(f"{both} = {values}"), b.edit("")]
            yield f"{first.name}_with_{second.name}", solution.edited(edits)


def kept_flat(solution: Solution, exercise: str) -> Iterator[Layout]:
    """A sum over columns kept as (n,) and given its second dimension where it is used."""
    kept = ".sum(1, keepdim=True)"
    steps = solution.of_exercise(exercise)
    for step in (s for s in steps if any(kept in source for source in s.sources)):
        for use in ("[:, None]", ".unsqueeze(1)", ".view(-1, 1)"):
            edits = step.edits(tuple(s.replace(kept, ".sum(1)") for s in step.sources))
            for reader in steps:
                if reader is not step:
                    used = (re.sub(rf"\b{step.name}\b", step.name + use, s) for s in reader.sources)
                    edits += reader.edits(tuple(used))
            yield f"flat_{step.name}", solution.edited(edits)


def renamed(solution: Solution, exercise: str) -> Iterator[Layout]:
    """Gradients under another accepted name: `dw1` for `dW1`."""
    aliases = solution.assignment.spec.gradient_aliases
    names = [step.name for step in solution.of_exercise(exercise)]
    table = {name: aliases[name][0] for name in names if aliases.get(name)}
    for name, other in table.items():
        yield f"{other}_for_{name}", _with_names(solution, exercise, {name: other})
    if len(table) > 1:
        yield "all_other_names", _with_names(solution, exercise, table)


def _with_names(solution: Solution, exercise: str, table: dict[str, str]) -> Sources:
    """Renamed in the exercise and in all later ones, which may read it."""
    first = solution.cells[exercise][0]
    pattern = re.compile(rf"\b({'|'.join(table)})\b")
    found = {}
    for cell in (c for cells in solution.cells.values() for c in cells if c >= first):
        new = pattern.sub(lambda match: table[match[1]], solution.sources[cell])
        if new != solution.sources[cell]:
            found[cell] = new
    return found


def _joined(steps: list[SolutionStep]) -> str:
    return "\n".join(source for step in steps for source in step.sources)


def _all_in_first(solution: Solution, steps: list[SolutionStep], new: str) -> Sources:
    return solution.edited(list(_replaced(steps, new)))


def _replaced(steps: list[SolutionStep], new: str) -> Iterator[Edit]:
    """`new` in the place of the first statement of these steps, nothing for the others."""
    statements = [statement for step in steps for statement in step.statements]
    for number, statement in enumerate(statements):
        yield statement.edit(new if number == 0 else "")
