"""Where in a student's file a gradient of a function is made."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.assignment import FunctionFile
from grader.exercises.functions.definitions import Definition, Read
from grader.protocol.gradient import gradient_name
from grader.records.scorecard import Line

MAX_TEXT = 1_000


def line_of(file: Read, exercise: str, roles: FunctionFile, target: str) -> Line | None:
    """The line that last assigns the gradient which is returned, else the one that returns it."""
    found = file.find(exercise)
    if found is None:
        return None
    cell, function = found
    names = [*_returned(function, roles, target), gradient_name(target)]
    for name in names:
        lines = [node.lineno for node in _assignments(function, name)]
        if lines:
            return at(file, cell, max(lines))
    returns = [node.lineno for node in ast.walk(function) if isinstance(node, ast.Return)]
    return at(file, cell, max(returns, default=function.lineno))


def at(file: Read, cell: int | None, line: int | None) -> Line | None:
    """A line as the scorecard shows it."""
    if cell is None or line is None or cell not in file.sources:
        return None
    texts = file.sources[cell].split("\n")
    if not 1 <= line <= len(texts):
        return None
    shown = None if file.notebook.module else cell
    return Line(cell=shown, line=line, text=texts[line - 1][:MAX_TEXT])


def _returned(function: Definition, roles: FunctionFile, target: str) -> Iterator[str]:
    """The variable that the function returns in the place which the harness takes it from."""
    position = _position(roles, target)
    for node in ast.walk(function):
        if not isinstance(node, ast.Return) or node.value is None:
            continue
        if isinstance(node.value, ast.Tuple) and position is not None:
            if position < len(node.value.elts) and isinstance(node.value.elts[position], ast.Name):
                yield ast.unparse(node.value.elts[position])
        elif isinstance(node.value, ast.Name) and len(_taken(roles)) <= 1:
            yield node.value.id


def _position(roles: FunctionFile, target: str) -> int | None:
    names = _taken(roles)
    return names.index(target) if target in names else None


def _taken(roles: FunctionFile) -> list[str]:
    """Targets in the order in which the harness unpacks them from the function's result."""
    student = next(n for n in roles.tree.body if getattr(n, "name", "") == "student")
    keys: dict[str, str] = {}
    for node in ast.walk(student):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Name):
                    keys[value.id] = str(key.value)
    best: list[str] = []
    for node in ast.walk(student):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple | ast.List):
            names = [keys.get(ast.unparse(each), "") for each in node.targets[0].elts]
            if sum(map(bool, names)) > sum(map(bool, best)):
                best = names
    return best


def _assignments(function: Definition, name: str) -> Iterator[ast.stmt]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            targets = [t for each in node.targets for t in _targets(each)]
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = list(_targets(node.target))
        else:
            continue
        if any(_root(each) == name for each in targets):
            yield node


def _targets(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Tuple | ast.List):
        for each in node.elts:
            yield from _targets(each)
    else:
        yield node


def _root(node: ast.expr) -> str | None:
    """`dx[i, j]` is dx; `grads["dx"]` is dx too."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    ):
        return node.slice.value
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
