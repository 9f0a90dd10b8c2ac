"""Where in a student's file a gradient of a function is made."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.assignment import FunctionFile
from grader.exercises.functions.definitions import Read, Written
from grader.protocol.gradient import gradient_name
from grader.records.scorecard import Line

MAX_TEXT = 1_000


class FunctionLines:
    """The lines of one function, looked through once."""

    def __init__(self, file: Read, roles: FunctionFile, exercise: str) -> None:
        self._file = file
        self._roles = roles
        self._found = file.find(exercise)
        self._last: dict[str, int] = {}
        """Name → line of its last assignment."""
        self._returns: list[ast.Return] = []
        if self._found is not None:
            self._look_through(self._found[1])

    def line_of(self, target: str) -> Line | None:
        """The line that last assigns the gradient which is returned, else the one that returns."""
        if self._found is None:
            return None
        cell, function = self._found
        for name in self.variables(target):
            if name in self._last:
                return at(self._file, cell, self._last[name])
        returns = (node.lineno for node in self._returns)
        return at(self._file, cell, max(returns, default=function.lineno))

    def variables(self, target: str) -> list[str]:
        """What a gradient may be called: as it is returned, and as the course calls it."""
        return [*self._returned(target), gradient_name(target)]

    def _look_through(self, function: Written) -> None:
        for node in ast.walk(function):
            if isinstance(node, ast.Return):
                self._returns.append(node)
            elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
                for name in _assigned(node):
                    self._last[name] = max(node.lineno, self._last.get(name, 0))

    def _returned(self, target: str) -> Iterator[str]:
        """The variable that is returned in the place which the harness takes it from."""
        taken = self._roles.taken
        position = taken.index(target) if target in taken else None
        for node in self._returns:
            if isinstance(node.value, ast.Tuple) and position is not None:
                parts = node.value.elts
                if position < len(parts) and isinstance(parts[position], ast.Name):
                    yield ast.unparse(parts[position])
            elif isinstance(node.value, ast.Name) and len(taken) <= 1:
                yield node.value.id


def at(file: Read, cell: int | None, line: int | None) -> Line | None:
    """A line as the scorecard shows it."""
    if cell is None or line is None or cell not in file.sources:
        return None
    texts = file.sources[cell].split("\n")
    if not 1 <= line <= len(texts):
        return None
    shown = None if file.notebook.module else cell
    return Line(cell=shown, line=line, text=texts[line - 1][:MAX_TEXT])


def function_at(file: Read, cell: int | None, line: int | None) -> str | None:
    """The function or method, with its class before it, that a line stands in."""
    tree = file.trees.get(cell) if cell is not None else None
    held = tree.body if tree is not None and line is not None else []
    path: list[str] = []
    while node := next((each for each in held if each.lineno <= (line or 0) <= _end(each)), None):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return ".".join([*path, node.name])
        if isinstance(node, ast.ClassDef):
            path.append(node.name)
        held = [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.stmt)]
    return None


def imported(file: Read) -> dict[str, str]:
    """Name → the module that it is imported from, by the file's own lines."""
    return {
        each.asname or each.name.partition(".")[0]: node.module or each.name
        if isinstance(node, ast.ImportFrom)
        else each.name
        for tree in file.trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for each in node.names
    }


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _assigned(node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> Iterator[str]:
    for each in node.targets if isinstance(node, ast.Assign) else [node.target]:
        for target in _targets(each):
            if name := _root(target):
                yield name


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
