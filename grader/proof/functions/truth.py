"""What is right of changed functions, found outside the grader: they are called here, with drawn
arguments, and what they return is held against autograd on the exercise's forward function.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Literal

import msgspec
import numpy as np
import torch

from grader.analysis.text import Text
from grader.assignment import Assignment, Exercise
from grader.exercises.functions.oracle import FunctionOracle, Probe, Roles, cotangent_name
from grader.proof.functions.mistakes import Function

Key = tuple[str, str]
"""Exercise and target."""
Status = Literal["right", "wrong", "raises", "unknown"]
Place = tuple[str, int]
"""SourcePiece and line of a function."""
Shapes = dict[str, tuple[int, ...]]
"""Name of an array → its shape."""
SALTS = ("first", "second")
"""Draws that must agree: the grader's are others."""
SAME, DIFFERENT = 1e-9, 1e-3
"""Of the greatest element; between them nothing is known."""
PLAIN = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef


class SourcePiece(msgspec.Struct, frozen=True):
    """A module, or a cell of a notebook."""

    path: str
    cell: int | None
    source: str

    @property
    def place(self) -> str:
        return f"{self.path}#{self.cell}"


class Located(msgspec.Struct, frozen=True):
    """A function of a solution."""

    number: int
    """Of its piece."""
    name: str
    """With its class, `Conv.backward`."""
    line: int
    node: Function


def pieces(path: Path) -> list[SourcePiece]:
    """The sources of a solution, which is a notebook, a module or a folder of modules."""
    if path.suffix == ".ipynb":
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [
            SourcePiece(path.name, number, "".join(cell["source"]))
            for number, cell in enumerate(cells)
            if cell["cell_type"] == "code"
        ]
    files, root = ([path], path.parent) if path.is_file() else (sorted(path.rglob("*.py")), path)
    return [
        SourcePiece(each.relative_to(root).as_posix(), None, each.read_text(encoding="utf-8"))
        for each in files
    ]


def located(texts: Sequence[Text]) -> Iterator[Located]:
    """Functions at the top and methods of classes at the top."""
    for number, text in enumerate(texts):
        for node in text.tree.body:
            inside = node.body if isinstance(node, ast.ClassDef) else [node]
            prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
            for each in inside:
                if isinstance(each, ast.FunctionDef):
                    first = min([each.lineno, *(d.lineno for d in each.decorator_list)])
                    yield Located(number, prefix + each.name, first, each)


class FunctionTruth:
    """Calls solutions of one assignment."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.exercises = {each.id: each for each in assignment.spec.exercises}
        self.exercises = {n: e for n, e in self.exercises.items() if n in assignment.functions}
        roles = {name: Roles(assignment.functions[name]) for name in self.exercises}
        self._oracles = {
            (name, salt): FunctionOracle(assignment, exercise, roles[name], salt)
            for name, exercise in self.exercises.items()
            for salt in SALTS
        }

    def reached(self, made: Sequence[SourcePiece], exercise: str, role: str) -> dict[Place, Shapes]:
        """Every function that runs in one role of an exercise, with its arrays."""
        seen: dict[Place, Shapes] = {}

        def look(frame: FrameType, event: str, _: Any) -> None:
            if event == "return" and frame.f_code.co_name != "<module>":
                place = frame.f_code.co_filename, frame.f_code.co_firstlineno
                if place not in seen:
                    seen[place] = dict(_shapes(frame.f_locals))

        sys.setprofile(look)
        try:
            for case in self._oracles[exercise, SALTS[0]].cases:
                self._called(self._names(made, exercise), exercise, role, case)
        finally:
            sys.setprofile(None)
        return seen

    def of(self, made: Sequence[SourcePiece], exercises: Sequence[str]) -> dict[Key, Status]:
        """What is known of every target of these exercises."""
        return {
            (name, target): status
            for name in exercises
            for target, status in self._of(made, self.exercises[name]).items()
        }

    def _of(self, made: Sequence[SourcePiece], exercise: Exercise) -> dict[str, Status]:
        asked = ["student"]
        if "otherwise" in self.assignment.functions[exercise.id].roles:
            asked.append("otherwise")
        try:
            names = self._names(made, exercise.id)
            found = [self._drawn(names, exercise, s, role) for s in SALTS for role in asked]
        except Exception:  # noqa: BLE001 - a mistake may raise anything
            return dict.fromkeys(exercise.targets, "raises")
        return {
            target: found[0][target] if len({each[target] for each in found}) == 1 else "unknown"
            for target in exercise.targets
        }

    def _drawn(
        self, names: dict[str, Any], exercise: Exercise, salt: str, role: str
    ) -> dict[str, Status]:
        cases = self._oracles[exercise.id, salt].cases
        results = [self._called(names, exercise.id, role, case) for case in cases]
        known = self._variants(names, exercise.id, cases)
        return {
            target: _together(
                {
                    _worst(_held(each[target], case, variant, target) for each, case in pairs)
                    for variant in known
                }
            )
            for target in exercise.targets
            for pairs in [list(zip(results, cases, strict=True))]
        }

    def _variants(
        self, names: dict[str, Any], exercise: str, cases: Sequence[Probe]
    ) -> Sequence[int]:
        """The forms of the forward pass that this one's own forward may have."""
        every = range(self._oracles[exercise, SALTS[0]].variants)
        if len(every) == 1 or "own_forward" not in self.assignment.functions[exercise].roles:
            return every
        values = [self._called(names, exercise, "own_forward", case) for case in cases]
        fitting = [
            variant
            for variant in every
            if all(
                _near(_numbers(value), true) == "right"
                for value, case in zip(values, cases, strict=True)
                for true in case.truth(variant).outputs.values()
            )
        ]
        return fitting or every

    def _called(self, names: dict[str, Any], exercise: str, role: str, case: Probe) -> Any:
        engine = self.assignment.spec.functions.engine == "torch"
        given = dict(case.arguments)
        given |= {cotangent_name(key): value for key, value in case.cotangents.items()}
        takes = self.assignment.functions[exercise].parameters[role]
        arguments = {n: _copied(value, engine=engine) for n, value in given.items() if n in takes}
        with warnings.catch_warnings(), self._beside():  # a role may import as it is called
            warnings.simplefilter("ignore")
            return names[role](**arguments)

    def _names(self, made: Sequence[SourcePiece], exercise: str) -> dict[str, Any]:
        """What the exercise's roles see: the file that defines what they call."""
        root = self.assignment.functions[exercise].needs
        wanted = exercise.partition(".")[0]
        wanted = wanted if wanted in root else root[0]
        for path in dict.fromkeys(piece.path for piece in made):
            names: dict[str, Any] = {"__name__": "solution"}
            with self._beside():
                for piece in made:
                    if piece.path == path:
                        exec(_definitions(piece), names)  # noqa: S102
            if wanted in names:
                harness = self.assignment.functions[exercise].harness
                exec(compile(harness, "exercise", "exec", dont_inherit=True), names)  # noqa: S102
                return names
        raise LookupError(wanted)

    @contextmanager
    def _beside(self) -> Iterator[None]:
        """Helper modules of the assignment's within reach, behind what this machine has."""
        before = list(sys.path)
        sys.path.append(str(self.assignment.folder / "support"))
        try:
            yield
        finally:
            sys.path[:] = before


def _shapes(names: dict[str, Any]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for name, value in names.items():
        if isinstance(value, np.ndarray | torch.Tensor):
            yield name, tuple(value.shape)


def _definitions(piece: SourcePiece) -> CodeType:
    kept: list[ast.stmt] = [
        node
        for node in ast.parse(piece.source).body
        if isinstance(node, PLAIN)
        or (isinstance(node, ast.Assign) and not any(map(_is_call, ast.walk(node))))
    ]
    return compile(ast.Module(kept, []), piece.place, "exec", dont_inherit=True)


def _is_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call)


def _copied(value: Any, *, engine: bool) -> Any:
    if isinstance(value, dict):
        return {key: _copied(each, engine=engine) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_copied(each, engine=engine) for each in value)
    if not isinstance(value, np.ndarray):
        return value
    return torch.from_numpy(value.copy()) if engine else value.copy()


def _numbers(value: Any) -> torch.Tensor:
    return torch.as_tensor(np.asarray(value, dtype=np.float64))


def _held(result: Any, case: Probe, variant: int, target: str) -> Status:
    """One result against every reading that is accepted."""
    numbers = _numbers(result)
    readings = case.truth(variant).gradients[target]
    found = {_near(numbers, reading) for reading in readings}
    return "right" if "right" in found else _together(found)


def _near(numbers: torch.Tensor, true: torch.Tensor) -> Status:
    if numbers.squeeze().shape != true.squeeze().shape:
        return "wrong"
    numbers = numbers.reshape(true.shape)  # what of it has size one is a matter of taste
    size, off = float(true.abs().max()), float((numbers - true).abs().max())
    if off <= SAME * max(size, SAME):
        return "right"
    return "unknown" if off < DIFFERENT * size or size < DIFFERENT else "wrong"


def _worst(found: Iterator[Status]) -> Status:
    """Of all cases: one that is wrong is enough."""
    counted = Counter(found)
    return "wrong" if counted["wrong"] else "unknown" if counted["unknown"] else "right"


def _together(found: set[Status]) -> Status:
    return found.pop() if len(found) == 1 else "unknown"
