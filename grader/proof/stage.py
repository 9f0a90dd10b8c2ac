"""The solution run for real: states to start from, values that a changed notebook leaves."""

from __future__ import annotations

import ast
import contextlib
import io
import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import msgspec
import torch

from grader.analysis.text import Text, splice
from grader.errors import AssignmentError
from grader.proof.mutant import Truth
from grader.proof.steps import Edit, Solution, SolutionStep
from grader.proof.vjp import Forward, Tensors

LARGE = 100_000
"""Elements from which on a tensor is data, which no answer changes in place."""
HOOK = "_reached"


class Memory(msgspec.Struct):
    """A notebook's variables at one moment, and the state of its random numbers."""

    names: dict[str, Any]
    states: dict[str, torch.Tensor]
    seeds: tuple[torch.Tensor, object]

    def restored(self) -> dict[str, Any]:
        """A namespace to go on from."""
        for name, state in self.states.items():
            self.names[name].set_state(state)
        torch.set_rng_state(self.seeds[0])
        random.setstate(self.seeds[1])  # type: ignore[arg-type]
        return _copied(self.names)


class StepValues(msgspec.Struct):
    """Gradients and the network's inputs when a step had settled."""

    gradients: Tensors
    leaves: dict[str, Any]


Ran = tuple[list[StepValues], dict[str, Any], list[str]]
"""What stood there each time a step had settled, the namespace at the end, the cells' errors."""


class Stage:
    """Runs exercises of a solution, changed or not, each from the state before it."""

    def __init__(self, solution: Solution) -> None:
        self.solution = solution
        self.forward = Forward(solution.assignment)
        self.before_step: dict[tuple[str, str], dict[str, Any]] = {}
        self.starts: dict[str, Memory] = {}
        self.cells: dict[str, list[int]] = {}
        self._set_up()

    def _set_up(self) -> None:
        """Run the solution once and keep the state before each exercise and each step."""
        names: dict[str, Any] = {"__name__": "__main__"}
        done = -1
        hooks = self._hooks_before_steps()
        with quiet(), contextlib.chdir(self.solution.assignment.folder):
            for exercise, cells in self.solution.cells.items():
                if not self.starts and cells:
                    self._must_run([c for c in self.solution.sources if c < cells[0]], {}, names)
                    done = cells[0] - 1
                self.starts[exercise] = _snapshot(names)
                last = cells[-1] if cells else done
                self.cells[exercise] = [c for c in self.solution.sources if done < c <= last]
                names[HOOK] = self._keeper(exercise, names)
                self._must_run(self.cells[exercise], self.solution.edited(hooks), names)
                done = last

    def _must_run(
        self, cells: list[int], sources: Mapping[int, str], names: dict[str, Any]
    ) -> None:
        for error in self._execute(cells, sources, names):
            raise AssignmentError(f"the solution does not run: {error}")

    def _hooks_before_steps(self) -> list[Edit]:
        edits = []
        for step in self.solution.steps:
            first = step.statements[0]
            call = f'{HOOK}("{step.name}")\n' + " " * first.column
            edits.append((first.cell, first.start, first.start, call))
        return edits

    def _keeper(self, exercise: str, names: dict[str, Any]) -> Callable[[str], None]:
        def keep(name: str) -> None:
            if (exercise, name) not in self.before_step:
                self.before_step[exercise, name] = _copied(names)

        return keep

    def run(self, exercise: str, edits: list[Edit], after: SolutionStep) -> Ran:
        """Run one exercise with changes, and look each time that `after` has settled."""
        sources = self.solution.edited([*edits, _hook_after(after)])
        return self.run_sources(exercise, sources)

    def run_sources(
        self, exercise: str, sources: Mapping[int, str], folder: Path | None = None
    ) -> Ran:
        """Run one exercise with other sources in some cells, from the top where they need it.

        folder: where to run what writes files, if not in the assignment's.
        """
        names = self.starts[exercise].restored()
        cells = self.cells[exercise]
        if sources and min(sources) < cells[0]:
            names = {"__name__": "__main__"}
            cells = [cell for cell in self.solution.sources if cell <= cells[-1]]
        seen: list[StepValues] = []
        names[HOOK] = lambda _: seen.append(self.look(names))
        with quiet(), contextlib.chdir(folder or self.solution.assignment.folder):
            errors = self._execute(cells, sources, names)
        return seen, names, errors

    def look(self, names: Mapping[str, Any]) -> StepValues:
        """Gradients and inputs as they are in a namespace."""
        canonical = self.solution.assignment.gradient_names
        found = {
            canonical[name][1:]: value.detach().clone()
            for name, value in names.items()
            if name in canonical and isinstance(value, torch.Tensor)
        }
        return StepValues(gradients=found, leaves=self.forward.leaves(names))

    def _execute(
        self, cells: list[int], sources: Mapping[int, str], names: dict[str, Any]
    ) -> list[str]:
        errors = []
        loops = self.solution.assignment.spec.loops
        for cell in cells:
            source = sources.get(cell, self.solution.sources[cell])
            try:
                exec(compiled(source, tuple(loops.parameters), loops.steps), names)  # noqa: S102
            except Exception as error:  # noqa: BLE001 - a mutant may fail in any way
                errors.append(f"{type(error).__name__}: {error}")
        return errors


def truth(value: object, expected: torch.Tensor) -> Truth:
    """Whether a value is the gradient: clearly, clearly not, or too near to say."""
    if not isinstance(value, torch.Tensor) or not same_elements(value.shape, expected.shape):
        return "wrong"
    g, d = expected.double(), value.detach().double().reshape(expected.shape)
    if not bool(torch.isfinite(d).all()):
        return "wrong"
    allowed = 1e-4 * g.abs() + 1e-5 * g.abs().max() + 1e-7
    worst = float(((d - g).abs() / allowed).max())
    return "right" if worst < 0.5 else "wrong" if worst > 2 else "unknown"


def same_elements(a: torch.Size, b: torch.Size) -> bool:
    """Whether two shapes agree but for dimensions of size 1."""
    return [size for size in a if size != 1] == [size for size in b if size != 1]


@cache
def compiled(source: str, loop_parameters: tuple[str, ...] = (), steps: int = 0) -> CodeType:
    """A cell's code, with fewer iterations where it names their number."""
    text = Text(source)
    edits = [
        (*text.span(node.value), f"min({text.of(node.value)}, {steps})")
        for node in text.tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in loop_parameters
    ]
    return compile(splice(source, edits), "<cell>", "exec")


def _hook_after(step: SolutionStep) -> Edit:
    last = step.statements[-1]
    call = "\n" + " " * last.column + f'{HOOK}("{step.name}")'
    return (last.cell, last.end, last.end, call)


def _snapshot(names: dict[str, Any]) -> Memory:
    states = {
        name: value.get_state()
        for name, value in names.items()
        if isinstance(value, torch.Generator)
    }
    return Memory(_copied(names), states, (torch.get_rng_state(), random.getstate()))


def _copied(names: Mapping[str, Any]) -> dict[str, Any]:
    """A namespace in which gradients may be changed in place without harm to this one.

    Functions of the notebook are bound to it, or they would look at the old one.
    """
    copy: dict[str, Any] = {}
    for name, value in names.items():
        if isinstance(value, torch.Tensor) and not value.requires_grad and value.numel() < LARGE:
            copy[name] = value.clone()
        elif isinstance(value, FunctionType) and value.__module__ == "__main__":
            copy[name] = FunctionType(value.__code__, copy, name, value.__defaults__)
        else:
            copy[name] = value
    return copy


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing printed, no warnings: mutants may do either."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
