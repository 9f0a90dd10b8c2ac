"""A notebook run in a plain namespace, and which gradients can be found in it by value.

That is how the truth about habits is checked: whatever a gradient is called, and wherever it is
kept, its numbers must be somewhere once its exercise has run.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import torch

from grader.assignment import Assignment
from grader.proof.stage import quiet
from grader.proof.vjp import Tensors

OFF = 1e-4
"""Of the greatest element: within it, two gradients are the same."""


class Variables(msgspec.Struct):
    """What stood in a notebook's variables while each exercise was answered."""

    tensors: dict[str, list[torch.Tensor]] = {}
    """Exercise → every tensor, wherever it stood and whatever it was called."""
    gradients: dict[str, Tensors] = {}
    """Exercise → its targets' gradients by their usual names, as they were at its end; of the
    training exercise the parameters after the loop, which every gradient has a part in."""


def run_plainly(
    notebook: dict[str, Any], assignment: Assignment, folder: Path
) -> tuple[Variables, list[str]]:
    """Run all cells in `folder`, as IPython reads them; errors end a cell and nothing else.

    Returns what was found and the errors of cells.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    found = Variables()
    errors: list[str] = []
    here = ""
    with quiet(), _inside(folder):
        for cell in notebook["cells"]:
            if cell["cell_type"] != "code":
                continue
            tags = cell["metadata"].get("tags", ())
            here = next((e.id for e in assignment.spec.exercises if e.id in tags), here)
            source = _python(cell, assignment.spec.loops.steps)
            try:
                exec(compile(source, "<cell>", "exec"), names)  # noqa: S102
            except Exception as error:  # noqa: BLE001 - a student's cell may fail in any way
                errors.append(f"{type(error).__name__}: {error}")
            if here:
                tensors = [t.detach().clone() for t in _tensors(names, 2)]
                found.tensors.setdefault(here, []).extend(tensors)
                found.gradients[here] = _named(names, assignment, here)
    return found, errors


def _named(names: Mapping[str, Any], assignment: Assignment, exercise: str) -> Tensors:
    (spec,) = (each for each in assignment.spec.exercises if each.id == exercise)
    if spec.training:
        wanted = {name: name for name in assignment.parameters}
    else:
        canonical = assignment.gradient_names
        wanted = {d: x[1:] for d, x in canonical.items() if x[1:] in spec.targets}
    return {
        target: names[name].detach().clone()
        for name, target in wanted.items()
        if isinstance(names.get(name), torch.Tensor)
    }


def lost(expected: Mapping[str, Tensors], found: Mapping[str, list[torch.Tensor]]) -> list[str]:
    """What of the expected tensors of each exercise is nowhere to be found."""
    return [
        f"{exercise}:{name}"
        for exercise, tensors in expected.items()
        for name, tensor in tensors.items()
        if not any(_same(tensor, other) for other in found.get(exercise, ()))
    ]


def _python(cell: dict[str, Any], steps: int) -> str:
    """The source as IPython would run it, with few steps of training."""
    lines = "".join(cell["source"]).split("\n")
    lines = ["" if line.startswith("%") else line for line in lines]
    indent = re.match(r"[ \t]*", lines[0])
    assert indent is not None
    lines = [line.removeprefix(indent[0]) for line in lines]
    return re.sub(r"\b200_?000\b", str(steps), "\n".join(lines))


def _tensors(names: Mapping[str, Any], depth: int) -> Iterator[torch.Tensor]:
    for value in names.values():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            yield torch.from_numpy(value)
        elif isinstance(value, torch.Tensor) and value.is_floating_point():
            yield value
        elif depth and isinstance(value, dict) and value is not names:
            yield from _tensors({k: v for k, v in value.items() if k != "__builtins__"}, depth - 1)
        elif depth and isinstance(value, SimpleNamespace):
            yield from _tensors(vars(value), depth - 1)
        elif depth and isinstance(value, list | tuple) and len(value) < 50:
            yield from _tensors({str(k): v for k, v in enumerate(value)}, depth - 1)


def _same(a: torch.Tensor, b: torch.Tensor) -> bool:
    if a.numel() != b.numel():
        return False
    difference = (a.double().reshape(-1) - b.double().reshape(-1)).abs().max()
    return float(difference) <= OFF * float(a.abs().max()) + 1e-7


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
