"""A function under the eyes of those who propose edits of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from grader.analysis.text import Text

MAX_SHOWN, MAX_WAYS = 60, 2
Splice = tuple[int, int, str]
"""First character of a source that is replaced, the one after the last, what takes its place."""
LOOPS = (ast.For, ast.While)


class Words(msgspec.Struct, frozen=True):
    """How a mistake is told."""

    code: str
    told: str
    """What is wrong in the line, to follow "in line 3, …"."""
    look_at: str


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """An edit, and the mistake that it would have mended."""

    changes: list[tuple[ast.AST, str]] = field(default_factory=list)
    """Nodes, and what takes their place."""
    moved: list[Splice] = field(default_factory=list)
    """Instead of these, where a line is moved."""
    statement: ast.stmt
    line: int
    """Of the function's source, from 1."""
    words: Words
    rank: int
    """What people do more often, and what adds less, comes first."""


class Variable(msgspec.Struct, frozen=True):
    """What an expression holds when the function returns."""

    shape: tuple[int, ...]
    whole: bool = False
    """It is an integer, as sizes and indices are."""


class Scene:
    """One function: its source from `def` on, and what is known of its variables."""

    def __init__(
        self, source: str, variables: Mapping[str, Variable], words: Sequence[str] = ()
    ) -> None:
        """variables: expression, as ast.unparse writes it → what it is. words: strings that may
        stand where one does.
        """
        self.words = words
        self.text = Text(source)
        body = self.text.tree.body
        self.function = body[0] if body else None
        self.variables = dict(variables)

    @cached_property
    def statements(self) -> list[ast.stmt]:
        """Every statement of the function, those in loops and conditions too."""
        if not isinstance(self.function, ast.FunctionDef):
            return []
        body = list(self._below(self.function.body))
        return body[1:] if body and _is_docstring(body[0]) else body

    def _below(self, body: list[ast.stmt]) -> Iterator[ast.stmt]:
        for node in body:
            yield node
            for part in ast.iter_child_nodes(node):
                if isinstance(part, ast.stmt):
                    yield from self._below([part])
                elif isinstance(part, ast.ExceptHandler):
                    yield from self._below(part.body)

    def parts(self, statement: ast.stmt) -> Iterator[ast.AST]:
        """The statement and its expressions, not the statements in it."""
        waiting: list[ast.AST] = [statement]
        while waiting:
            node = waiting.pop(0)
            yield node
            if not isinstance(node, ast.JoinedStr):
                waiting += [n for n in ast.iter_child_nodes(node) if not isinstance(n, ast.stmt)]

    @cached_property
    def arrays(self) -> dict[str, Variable]:
        return {n: v for n, v in self.variables.items() if v.shape}

    @cached_property
    def whole(self) -> list[str]:
        """Integers; not `options["stride"]` where there is a `stride`."""
        found = [name for name, each in self.variables.items() if each.whole]
        return [name for name in found if name.partition("['")[2].removesuffix("']") not in found]

    @cached_property
    def looped(self) -> list[str]:
        """Integers that a loop counts."""
        loops = [node.target for node in self.statements if isinstance(node, ast.For)]
        names = {part.id for each in loops for part in ast.walk(each) if isinstance(part, ast.Name)}
        return [name for name in self.whole if name in names]

    @cached_property
    def strides(self) -> list[str]:
        """Integers that are neither counted nor the size of an array: a stride, a padding."""
        shaped = {
            part.id
            for node in self.statements
            if isinstance(node, ast.Assign) and "shape" in self.text.of(node.value)
            for part in ast.walk(node.targets[0])
            if isinstance(part, ast.Name)
        }
        return [name for name in self.whole if name not in shaped and name not in self.looped]

    @cached_property
    def numbers(self) -> list[str]:
        """Numbers that are no sizes."""
        return [name for name, v in self.variables.items() if not v.shape and not v.whole]

    @cached_property
    def sizes(self) -> list[str]:
        """Integers, and some ways to write each size that an array has."""
        found: dict[int, list[str]] = {}
        for name, each in self.arrays.items():
            for dim, size in enumerate(each.shape):
                found.setdefault(size, []).append(f"{name}.shape[{dim}]")
        plain = [name for name in self.whole if name not in self.looped]
        return [*plain, *(way for ways in found.values() for way in ways[:MAX_WAYS])]

    def variable(self, node: ast.AST) -> Variable | None:
        """What is known of an expression."""
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            return self.variables.get(ast.unparse(node))
        return None

    def read(self, node: ast.AST) -> Variable | None:
        """What is known of an expression that is read."""
        context = getattr(node, "ctx", None)
        return self.variable(node) if isinstance(context, ast.Load) else None

    @cached_property
    def elements(self) -> list[str]:
        """Parts of arrays as they are read or written somewhere, and those of others of the same
        shape.
        """
        found: dict[str, None] = {}
        for statement in self.statements:
            for node in self.parts(statement):
                known = self.variable(node.value) if isinstance(node, ast.Subscript) else None
                if isinstance(node, ast.Subscript) and known is not None and known.shape:
                    place = self.text.of(node.slice)
                    same = (name for name, each in self.arrays.items() if each == known)
                    found |= dict.fromkeys(f"{name}[{place}]" for name in same)
        return list(found)

    def like(self, node: ast.AST) -> Iterator[str]:
        """Other variables of an expression's kind and shape."""
        known = self.variable(node)
        if known is not None:
            own = ast.unparse(node)
            for name, each in self.variables.items():
                if each == known and name != own:
                    yield name

    def indexes(self, node: ast.AST) -> bool:
        """Whether an expression is part of an index, or of what bounds a loop."""
        child = node
        for parent in self.text.ancestors(node):
            if isinstance(parent, ast.Subscript) and child is parent.slice:
                return True
            if isinstance(parent, ast.Call) and _name(parent.func) == "range":
                return True
            if isinstance(parent, ast.stmt):
                return False
            child = parent
        return False

    def whole_target(self, statement: ast.AST) -> bool:
        """Whether a statement computes an integer: a place, not a gradient."""
        if not isinstance(statement, ast.Assign | ast.AugAssign):
            return False
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        each = targets[0].elts[0] if isinstance(targets[0], ast.Tuple) else targets[0]
        known = self.variable(each)
        return known is not None and known.whole

    def shown(self, node: ast.AST) -> str:
        """An expression of the student's in a sentence."""
        text = " ".join(self.text.of(node).split()).replace("`", "'")
        return f"`{text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + '…'}`"


def is_function(source: str) -> bool:
    """Whether a source is one function, which can be looked at here."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    return len(body) == 1 and isinstance(body[0], ast.FunctionDef)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""
