"""Exercises of functions: one small Python file each, whose roles are read and checked here.

Nothing of it is run here. `inputs`, `forward` and `convention` are the trusted side's;
`student`, `otherwise`, `own_forward`, `reference` and `records` go into the sandbox, without the
others.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import msgspec

from grader.assignment.spec import Exercise
from grader.errors import AssignmentError

TRUSTED = ("inputs", "forward", "convention", "variants")
UNTRUSTED = ("student", "otherwise", "own_forward", "reference")
REQUIRED = {
    "inputs": "write `def inputs(draw):`, which returns the arguments of one case",
    "forward": "write `def forward(…):`, which computes the true value in PyTorch",
    "student": "write `def student(…):`, which calls the student's function and returns "
    "target → gradient",
}
HELPER = "reference_"
"""Begins the name of a reference for a function that is no exercise."""
LAYERS_OF_TORCH = ("torch",)
_BUILTINS = frozenset(dir(builtins))


class FunctionFile(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The roles of one exercise, as written."""

    path: str
    source: str
    roles: frozenset[str]
    parameters: dict[str, list[str]]
    """Role → names of its parameters."""
    engine: bool
    """The student's code has torch."""

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @cached_property
    def harness(self) -> str:
        """What goes into the sandbox, line for line where it stands in the file."""
        lines = self.source.split("\n")
        kept = [""] * len(lines)
        for node in self.tree.body:
            if _name(node) not in TRUSTED and (self.engine or not _imports_torch(node)):
                first, last = _span(node)
                kept[first:last] = lines[first:last]
        return "\n".join(kept)

    @cached_property
    def helpers(self) -> dict[str, str]:
        """Function of the student's that is no exercise → what defines `reference` in its place."""
        roles = [name for name in map(_name, self.tree.body) if name and name.startswith(HELPER)]
        return {
            role.removeprefix(HELPER): f"{self.harness}\nreference = {role}\n" for role in roles
        }

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """Names that the student is to define, in the order in which they are first read."""
        return tuple(dict.fromkeys(self._read(("student", "otherwise", "own_forward"))))

    @cached_property
    def forwards(self) -> tuple[str, ...]:
        """What of the student's the forward value is computed with: functions, with dots
        methods of classes.
        """
        if "own_forward" not in self.roles:
            return ()
        names = dict.fromkeys(self._read(("own_forward",)))
        methods = {
            part.attr
            for node in self.tree.body
            if _name(node) == "own_forward"
            for part in ast.walk(node)
            if isinstance(part, ast.Attribute)
        }
        dotted = (f"{name}.{method}" for name in names for method in sorted(methods))
        return (*names, *dotted)

    @cached_property
    def taken(self) -> list[str]:
        """Targets in the order in which `student` unpacks them from a function's result."""
        role = next(node for node in self.tree.body if _name(node) == "student")
        keys = dict(_returned_keys(role))
        unpacked = [
            [keys.get(ast.unparse(each), "") for each in node.targets[0].elts]
            for node in ast.walk(role)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple | ast.List)
        ]
        return max(unpacked, key=lambda names: sum(map(bool, names)), default=[])

    def _read(self, roles: tuple[str, ...]) -> Iterator[str]:
        """Global names that these roles read, through other functions of the file too."""
        table = symtable.symtable(self.harness, self.path, "exec")
        own = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
        own |= {child.get_name() for child in table.get_children()}
        tables = {child.get_name(): child for child in table.get_children()}
        waiting, seen = list(roles), set(roles)
        while waiting:
            name = waiting.pop(0)
            for read in _globals(tables[name]) if name in tables else ():
                if read in own and read not in seen:
                    seen.add(read)
                    waiting.append(read)
                elif read not in own and read not in _BUILTINS:
                    yield read

    def call_at(self, line: int | None) -> str | None:
        """The student's function that is called in a line of the harness."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and node.lineno <= (line or 0) <= (node.end_lineno or 0):
                name = ast.unparse(node.func)
                if name.partition(".")[0] in self.needs:
                    return name
        return None


def read_functions(folder: Path, exercise: Exercise, *, engine: bool) -> FunctionFile:
    """Read and check the file of an exercise. Raises AssignmentError: file, role, remedy."""
    path = folder / (exercise.file or default_file(exercise.id))
    try:
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
    except OSError as error:
        raise AssignmentError(f"{path}: cannot be read: {error.strerror}") from error
    except (SyntaxError, UnicodeDecodeError) as error:
        raise AssignmentError(f"{path}: is no Python: {error}") from error
    functions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    for role, remedy in REQUIRED.items():
        if role not in functions:
            raise AssignmentError(f"{path}: {role}: is missing: {remedy}")
    parameters = {role: _parameters(path, role, functions) for role in (*TRUSTED, *UNTRUSTED)}
    if parameters["inputs"] is not None and len(parameters["inputs"]) != 1:
        raise AssignmentError(f"{path}: inputs: takes one parameter, `draw`")
    file = FunctionFile(
        path=str(path),
        source=source,
        roles=frozenset(name for name, found in parameters.items() if found is not None),
        parameters={name: found for name, found in parameters.items() if found is not None},
        engine=engine,
    )
    if not file.needs:
        raise AssignmentError(f"{path}: student: calls no function of the student's")
    return file


def default_file(exercise: str) -> str:
    """Where the roles of an exercise stand unless the manifest says otherwise."""
    return f"exercises/{exercise}.py"


def _parameters(path: Path, role: str, functions: dict[str, ast.FunctionDef]) -> list[str] | None:
    if role not in functions:
        return None
    given = functions[role].args
    if role in {"student", "otherwise", "own_forward", "inputs"} and (given.vararg or given.kwarg):
        raise AssignmentError(f"{path}: {role}: name its parameters, without `*`")
    return [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]


def _name(node: ast.stmt) -> str | None:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return None


def _imports_torch(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] in LAYERS_OF_TORCH for alias in node.names)
    return (
        isinstance(node, ast.ImportFrom)
        and (node.module or "").partition(".")[0] in LAYERS_OF_TORCH
    )


def _span(node: ast.stmt) -> tuple[int, int]:
    """First line and the one after the last, from 0; decorators included."""
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)]) - 1, node.end_lineno or node.lineno


def _returned_keys(role: ast.stmt) -> Iterator[tuple[str, str]]:
    """Variable → key under which it is returned."""
    for node in ast.walk(role):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Name):
                    yield value.id, str(key.value)


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_global() and symbol.is_referenced():
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals(child)
