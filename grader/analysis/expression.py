"""What an expression or a body reads, calls and asks for: each question answered once per tree."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, NamedTuple, TypeVar

Answer = TypeVar("Answer")

SHAPE_ONLY = frozenset(
    {"shape", "dtype", "device", "size", "ndim", "dim", "numel", "nelement", "layout", "is_leaf"}
)
SHAPE_FUNCTIONS = frozenset({"len", "type", "id", "isinstance"})
TENSOR_ATTRIBUTES = SHAPE_ONLY | {"T", "mT", "H", "mH", "data", "grad", "values", "indices", "real"}
LOOKUPS = frozenset({"globals", "locals", "vars", "eval", "getattr", "setattr", "exec"})
ENGINE_ATTRIBUTES = frozenset({"grad", "grad_fn", "autograd", "vjp", "jvp", "jacobian"})


class Read(NamedTuple):
    name: str
    grad: bool
    """`name.grad` rather than `name`."""


def once(
    question: Callable[[ast.AST], Answer],
) -> Callable[[ast.AST | None], Answer]:
    """A question about a tree that is answered once and kept with its root: many statements
    ask the same of one function, and one student calls a function ten thousand times.
    """
    key = f"_{question.__name__.strip('_')}"

    @wraps(question)
    def ask(node: ast.AST | None) -> Answer:
        known: dict[str, Any] = NOTHING.__dict__ if node is None else node.__dict__
        if key not in known:
            known[key] = question(NOTHING if node is None else node)
        answer: Answer = known[key]
        return answer

    return ask


NOTHING = ast.Module(body=[], type_ignores=[])
"""What stands for a tree where there is none."""


@once
def nodes(node: ast.AST) -> tuple[ast.AST, ...]:
    """All nodes of a tree, itself first."""
    return tuple(ast.walk(node))


@once
def reads(node: ast.AST) -> frozenset[Read]:
    """Names whose *values* flow into an expression: shapes, dtypes and `*_like` do not."""
    return frozenset(_reads(node))


@once
def free_reads(node: ast.AST) -> frozenset[str]:
    """Names that a function's body reads and does not bind."""
    bound = {
        part.id
        for part in nodes(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    } | {part.arg for part in nodes(node) if isinstance(part, ast.arg)}
    return frozenset(read.name for read in reads(node)) - bound


@once
def calls(node: ast.AST) -> frozenset[str]:
    """Names that are called as functions."""
    return frozenset(
        part.func.id
        for part in nodes(node)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)
    )


def _reads(node: ast.AST) -> Iterator[Read]:
    if isinstance(node, ast.Attribute):
        if node.attr in SHAPE_ONLY:
            return
        if node.attr == "grad" and isinstance(node.value, ast.Name):
            yield Read(node.value.id, grad=True)
            return
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load):
            yield Read(node.id, grad=False)
        return
    if isinstance(node, ast.Call) and _is_shape_call(node):
        return
    for child in ast.iter_child_nodes(node):
        yield from _reads(child)


def _is_shape_call(node: ast.Call) -> bool:
    if isinstance(node.func, ast.Attribute):
        name = node.func.attr
        return name in SHAPE_ONLY or name.endswith("_like")
    return isinstance(node.func, ast.Name) and (
        node.func.id in SHAPE_FUNCTIONS or node.func.id.endswith("_like")
    )


@once
def object_reads(node: ast.AST) -> frozenset[str]:
    """Roots of attributes that no tensor has: `layer` of `layer.dW`, `F` of `F.relu`; and
    calls that look names up, as `globals`.
    """
    roots = {
        part.value.id
        for part in nodes(node)
        if isinstance(part, ast.Attribute)
        and part.attr not in TENSOR_ATTRIBUTES
        and isinstance(part.value, ast.Name)
    }
    return frozenset(roots) | (LOOKUPS & calls(node))


@once
def asks_engine(node: ast.AST) -> bool:
    """Whether an expression takes something from autograd: `.grad`, `autograd.grad(…)`."""
    return any(
        isinstance(part, ast.Attribute) and part.attr in ENGINE_ATTRIBUTES for part in nodes(node)
    )


class Body(NamedTuple):
    """What a function of the student's hands back, as far as its text tells."""

    shares: bool
    """Declares names that are not its own: `global`, `nonlocal`."""
    reads: frozenset[str]
    """Names that its `return` statements read."""
    objects: frozenset[str]
    """The same as `object_reads` tells them."""


@once
def body(node: ast.AST) -> Body:
    """The body of a function or class."""
    returns = [part for part in nodes(node) if isinstance(part, ast.Return)]
    return Body(
        shares=any(isinstance(part, ast.Global | ast.Nonlocal) for part in nodes(node)),
        reads=frozenset(read.name for part in returns for read in reads(part)),
        objects=frozenset(name for part in returns for name in object_reads(part)),
    )
