"""Notebooks with the engine's gradients, one step or a whole exercise at a time.

Nobody derived these. Whether each way is seen through is the grader's affair; what must never
happen is full marks without a word to the instructor.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from grader.assignment import Assignment
from grader.proof.mutant import Mutant
from grader.proof.order import ZERO
from grader.proof.routes import ROUTES, Route
from grader.proof.stage import Stage, truth
from grader.proof.steps import Edit, Solution, SolutionStep

Routed = tuple[str, tuple[str, ...], dict[int, str]]
"""A route's name, the targets that took it, and the changed cells."""
SINGLE = 2
"""Notebooks a route in which one step alone takes it."""


def copies(notebook: dict[str, Any], assignment: Assignment) -> Iterator[Mutant]:
    """Every route in the first exercise. Where something else than the network's own gradients
    was meant to come out, and in no other case, the value is wrong.
    """
    stage = Stage(Solution(notebook, assignment))
    exercise = assignment.spec.exercises[0].id
    zero = _zero(stage, exercise)
    for name, targets, sources in routed(stage.solution, exercise, zero):
        with tempfile.TemporaryDirectory() as folder:
            # Some write files; all look for the data.
            copy = shutil.copytree(assignment.folder, Path(folder) / "here")
            _, names, errors = stage.run_sources(exercise, sources, copy)
        seen = stage.look(names)
        true = stage.forward.gradients(seen.leaves)
        found = {truth(seen.gradients.get(x), true[x]) for x in targets}
        yield Mutant(
            id=f"route-{name}",
            kind="route",
            exercise=exercise,
            target=targets[0] if len(targets) == 1 else None,
            wrong=tuple(x for x in targets if x not in zero),
            value="right" if found == {"right"} and not errors else "wrong",
            raises=bool(errors),
            note=name,
            notebook=stage.solution.with_cells(sources),
        )


def _zero(stage: Stage, exercise: str) -> frozenset[str]:
    """Targets whose gradient is zero: that earns its points however it is come by."""
    first = stage.solution.of_exercise(exercise)[0]
    leaves = stage.forward.leaves(stage.before_step[exercise, first.name])
    true = stage.forward.gradients(leaves)
    return frozenset(name for name, each in true.items() if float(each.abs().max()) < ZERO)


def routed(solution: Solution, exercise: str, zero: Collection[str]) -> Iterator[Routed]:
    """Every route, once for all steps that it fits, some times for one that is not zero."""
    steps = solution.of_exercise(exercise)
    for number, (name, route) in enumerate(ROUTES.items()):
        fit = [
            s for s in steps if not route.parameters or s.target in solution.assignment.parameters
        ]
        yield name, tuple(step.target for step in fit), _through(route, solution, fit)
        fit = [step for step in fit if step.target not in zero]
        for k in range(SINGLE):
            step = fit[(number * 7 + k * 11 + 3) % len(fit)]
            yield f"{name}-{step.name}", (step.target,), _through(route, solution, [step])


def _through(route: Route, solution: Solution, steps: list[SolutionStep]) -> dict[int, str]:
    edits: list[Edit] = _before_backward(solution, _filled(route.before, solution, steps))
    for number, step in enumerate(steps):
        each = _filled(route.each.format(d=step.name, x=step.target), solution, steps)
        first = _filled(route.first, solution, steps) if number == 0 else ""
        edits += step.edits((first + each, *("" for _ in step.statements[1:])))
    return solution.edited(edits)


def _filled(text: str, solution: Solution, steps: list[SolutionStep]) -> str:
    values = {
        "NAMES": repr([step.target for step in steps]),
        "PARAMETERS": repr(list(solution.assignment.parameters)),
        "LOSS": solution.assignment.spec.loss,
    }
    for word, value in values.items():
        text = text.replace(word, value)
    return text


def _before_backward(solution: Solution, new: str) -> list[Edit]:
    """Put lines before `loss.backward()`."""
    if not new:
        return []
    call = f"{solution.assignment.spec.loss}.backward()"
    for cell, source in solution.sources.items():
        at = source.find(call)
        if at >= 0 and not source[:at].rpartition("\n")[2]:
            return [(cell, at, at, new)]
    return []
