"""What of a student's file is run: its definitions, and the statements that these rest on.

Imports, functions and classes; and top-level statements that bind names which those read, and
so on. Not training loops, plots, tests and what stands below `if __name__ == "__main__"`.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec

from grader.notebook import Notebook, SyntaxProblem, python_source
from grader.notebook.repair import repaired
from grader.notebook.syntax import parse
from grader.protocol import CellCode

GROWING = frozenset({"append", "extend", "insert", "update", "add", "setdefault"})
SETTING = ("sys.path.", "torch.set_")
"""Calls at the top that imports and definitions may rest on."""
MAX_ASKED = 100
_WRITES = re.compile(r"\s*%%(?:writefile|file)\s+(?:-a\s+)?\S+\.py\s*$", re.MULTILINE)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Written = Definition | ast.Assign
"""How a function is written: with its name, or as what a name is bound to."""
LOOPS = (ast.For, ast.While, ast.AsyncFor)


class Read(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A file's cells as Python."""

    notebook: Notebook
    sources: dict[int, str]
    trees: dict[int, ast.Module]
    problems: dict[int, SyntaxProblem]
    """Cells that are no Python, or of which a line was left out."""

    @cached_property
    def definitions(self) -> list[tuple[int, Definition]]:
        """Functions and classes at the top, with their cells."""
        return [
            (index, node) for index, tree in self.trees.items() for node in _defining(tree.body)
        ]

    def defined(self) -> set[str]:
        """Names that the file itself makes, imported ones not."""
        names = {node.name for _, node in self.definitions}
        for tree in self.trees.values():
            for node in tree.body:
                if isinstance(node, ast.Assign | ast.AnnAssign):
                    names |= set(_bound(node))
        return names

    def bound(self) -> dict[str, ast.stmt]:
        """Names that plain assignments at the top bind, each with the last of them."""
        return {
            name: node
            for tree in self.trees.values()
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for name in _bound(node)
        }

    def find(self, path: str) -> tuple[int, Written] | None:
        """The last definition of a function, or of a method as `Class.method`: its own, another
        name of one (`backward_alt = backward`), a lambda, or that of a base class.
        """
        name, _, method = path.partition(".")
        found = [(cell, node) for cell, node in self.definitions if node.name == name]
        if not found and method:  # another name of a class
            value = getattr(self.bound().get(name), "value", None)
            own = value.id if isinstance(value, ast.Name) else None
            found = [(cell, node) for cell, node in self.definitions if node.name == own]
        if not found or not method:
            return found[-1] if found else None
        return self._method(*found[-1], method, set())

    def _method(
        self, cell: int, owner: Definition, method: str, seen: set[tuple[int, str]]
    ) -> tuple[int, Written] | None:
        """seen: classes and names looked up so far, for these may go in circles."""
        place = id(owner), method
        if not isinstance(owner, ast.ClassDef) or place in seen:
            return None
        seen.add(place)
        for node in reversed(owner.body):
            if isinstance(node, Definition) and node.name == method:
                return cell, node
            if isinstance(node, ast.Assign) and method in _bound(node):
                value = _unwrapped(node.value)
                if not isinstance(value, ast.Name):
                    return cell, node
                return self._method(cell, owner, value.id, seen) or self.find(value.id)
        bases = {base.id for base in owner.bases if isinstance(base, ast.Name)}
        before = itertools.takewhile(lambda each: each[1] is not owner, self.definitions)
        known = {node.name: (at, node) for at, node in before if node.name in bases}
        inherited = (self._method(*each, method, seen) for each in known.values())
        return next((each for each in inherited if each is not None), None)


def read(notebook: Notebook) -> Read:
    """Every code cell as Python, as far as it is."""
    sources: dict[int, str] = {}
    problems: dict[int, SyntaxProblem] = {}
    for cell in notebook.cells:
        if cell.kind != "code":
            continue
        source = python_source(cell.source, ask_ipython=False)
        if isinstance(source, SyntaxProblem) and len(problems) < MAX_ASKED:
            source = python_source(cell.source)
        if isinstance(source, SyntaxProblem):
            problems[cell.index] = source
            mended = repaired(cell.source, source)
            if mended is not None:
                source, problems[cell.index] = mended.source, mended.problem
        if isinstance(source, str):
            sources[cell.index] = _with_written(cell.source, source)
    trees = {index: parse(source) for index, source in sources.items()}
    problems |= {i: tree for i, tree in trees.items() if isinstance(tree, SyntaxProblem)}
    kept = {index: tree for index, tree in trees.items() if isinstance(tree, ast.Module)}
    return Read(notebook=notebook, sources=sources, trees=kept, problems=problems)


def _with_written(text: str, source: str) -> str:
    """A cell that writes a module defines what is in it, as importing it would."""
    if not _WRITES.match(text):
        return source
    whole = "\n".join([source.split("\n", maxsplit=1)[0], *text.lstrip("\n").split("\n")[1:]])
    return source if isinstance(parse(whole), SyntaxProblem) else whole


def cells(file: Read, wanted: Sequence[str]) -> list[CellCode]:
    """The cells to run, so that these names are defined; every line where it stood."""
    kept = _kept(file, wanted)
    made = []
    for cell in file.notebook.cells:
        if cell.kind != "code":
            continue
        problem = file.problems.get(cell.index)
        if cell.index not in file.trees:
            text = f"line {problem.line}: {problem.message}" if problem else "it is no Python"
            made.append(CellCode(index=cell.index, source="", skip=text))
            continue
        source = _lines(file.sources[cell.index], kept.get(cell.index, []))
        if source.strip():
            made.append(CellCode(index=cell.index, source=source))
    return made


def _kept(file: Read, wanted: Sequence[str]) -> dict[int, list[ast.stmt]]:
    statements = [(i, node) for i, tree in file.trees.items() for node in _flat(tree.body)]
    needed = _needed([node for _, node in statements], wanted)
    looped = {name for _, node in statements if isinstance(node, LOOPS) for name in _bound(node)}
    looped &= needed - {
        name for _, node in statements if not isinstance(node, LOOPS) for name in _bound(node)
    }
    kept: dict[int, list[ast.stmt]] = {}
    for index, node in statements:
        if _always(node) or _serves(node, looped if isinstance(node, LOOPS) else needed):
            kept.setdefault(index, []).append(node)
    return kept


def _flat(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements at the top, without those for the file as a program."""
    for node in body:
        if not (isinstance(node, ast.If) and _is_program(node.test)):
            yield node


def _defining(body: Sequence[ast.stmt]) -> Iterator[Definition]:
    """Definitions at the top, also on a condition or where something is tried."""
    for node in _flat(body):
        if isinstance(node, Definition):
            yield node
        elif isinstance(node, ast.If):
            yield from _defining([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            handlers = (part for handler in node.handlers for part in handler.body)
            yield from _defining([*handlers, *node.body, *node.orelse, *node.finalbody])


def _is_program(test: ast.expr) -> bool:
    return any(isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(test))


def _always(node: ast.stmt) -> bool:
    """Imports and definitions, also those that are tried; and what they rest on."""
    if isinstance(node, ast.Import | ast.ImportFrom | Definition):
        return True
    if isinstance(node, ast.Try):
        parts = [*node.body, *node.orelse, *(n for h in node.handlers for n in h.body)]
        return any(isinstance(n, ast.Import | ast.ImportFrom | Definition) for n in parts)
    if isinstance(node, ast.If):
        return any(_always(n) for n in (*node.body, *node.orelse))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return ast.unparse(node.value.func).startswith(SETTING) or _writes_file(node.value)
    return False


def _writes_file(call: ast.Call) -> bool:
    """`%%writefile` as it was read, and `%run`, which may define what is sought."""
    name = ast.unparse(call.func)
    first = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    return name.startswith("get_ipython().run_") and first in {"writefile", "file", "run"}


def _needed(statements: Sequence[ast.stmt], wanted: Sequence[str]) -> set[str]:
    """Names that what is wanted reads, directly or through others."""
    readers: dict[str, list[ast.stmt]] = {}
    for node in statements:
        for name in _bound(node):
            readers.setdefault(name, []).append(node)
    needed: set[str] = set()
    waiting = [name.partition(".")[0] for name in wanted]
    for node in statements:  # bases and decorators, and what is tried, are run with their statement
        if _always(node) and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += _reads(node)
        for part in getattr(node, "decorator_list", []):
            waiting += _reads(part)
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        for node in _makers(readers.get(name, [])):
            waiting += _reads(node)
    return needed


def _unwrapped(value: ast.expr) -> ast.expr:
    """What `staticmethod(…)` is called with."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "staticmethod" and value.args:
        return value.args[0]
    return value


def _makers(found: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The statements that make a name: loops only where nothing else does."""
    plain = [node for node in found if not isinstance(node, LOOPS)]
    return plain or list(found)


def _serves(node: ast.stmt, needed: set[str]) -> bool:
    if isinstance(node, ast.Expr):
        return _root_grown(node) in needed
    return any(name in needed for name in _bound(node))


def _bound(node: ast.stmt) -> Iterator[str]:
    """Names that a top-level statement binds or changes, outside of functions."""
    if isinstance(node, Definition):
        yield node.name
        return
    if grown := _root_grown(node):
        yield grown
    for part in _outside_functions(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store | ast.Del):
            yield part.id
        elif isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.ctx, ast.Store):
            if root := _root(part):
                yield root
        elif isinstance(part, Definition):
            yield part.name
        elif isinstance(part, ast.Import | ast.ImportFrom):
            yield from (a.asname or a.name.partition(".")[0] for a in part.names)


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, Definition | ast.Lambda):
            waiting += ast.iter_child_nodes(part)


def _root_grown(node: ast.stmt) -> str | None:
    """`layers.append(…)`: what grows."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        if isinstance(function, ast.Attribute) and function.attr in GROWING:
            return _root(function)
    return None


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _reads(node: ast.AST) -> set[str]:
    """Names that a statement reads of those at the top: not what functions in it hold."""
    read: set[str] = set()
    for part in _outside_functions(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            read.add(part.id)
        elif isinstance(part, ast.ClassDef):
            inside = (*part.bases, *part.keywords, *part.decorator_list, *part.body)
            read |= {name for each in inside for name in _reads(each)}
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            read |= _free(part)
    return read


def _free(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """Names that a function reads and does not hold itself."""
    given = function.args
    held = {each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)}
    held |= {each.arg for each in (given.vararg, given.kwarg) if each is not None}
    body = function.body if isinstance(function.body, list) else [function.body]
    outside: set[str] = set()
    read = {name for each in (*given.defaults, *given.kw_defaults) if each for name in _reads(each)}
    for each in body:
        for part in _outside_functions(each):
            if isinstance(part, ast.Global):
                outside |= set(part.names)
            elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                held.add(part.id)
            elif isinstance(part, Definition):
                held.add(part.name)
    inner = {name for each in body for name in _reads(each)}
    for each in getattr(function, "decorator_list", []):
        read |= _reads(each)
    return read | (inner - (held - outside))


def _lines(source: str, kept: Sequence[ast.stmt]) -> str:
    """The lines of these statements, the others empty."""
    lines = source.split("\n")
    left = [""] * len(lines)
    for node in kept:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(each.lineno for each in decorators)]) - 1
        left[first : node.end_lineno] = lines[first : node.end_lineno]
    return "\n".join(left)
