"""Statements: what they write, and where their expressions and blocks stand."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal, NamedTuple

from grader.analysis.expression import nodes

BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
VIEWS = frozenset({"view", "reshape", "detach", "squeeze", "unsqueeze", "transpose", "view_as"})


class Write(NamedTuple):
    """One name that a statement writes."""

    name: str
    kind: Literal["assign", "update"]
    """assign: binds the name to a new value; update: changes what it holds."""
    value: ast.expr | None
    """What is written; None where the analysis cannot tell."""


def writes(node: ast.stmt) -> Iterator[Write]:
    """Names that a simple statement writes, tuples matched element by element."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _targets(target, node.value)
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield from _targets(node.target, node.value)
    elif isinstance(node, ast.AugAssign):
        if name := root_name(node.target):
            yield Write(name, "update", node.value)
    elif isinstance(node, ast.Expr):
        yield from _in_place(node.value)
    for part in expressions(node):
        for inner in nodes(part):
            if isinstance(inner, ast.NamedExpr):
                yield Write(inner.target.id, "assign", inner.value)


def _targets(target: ast.expr, value: ast.expr) -> Iterator[Write]:
    if isinstance(target, ast.Name):
        yield Write(target.id, "assign", value)
    elif isinstance(target, ast.Tuple | ast.List):
        yield from _elements(target, value)
    elif isinstance(target, ast.Starred):
        yield from _targets(target.value, value)
    elif name := root_name(target):
        yield Write(name, "update", value)


def _elements(target: ast.Tuple | ast.List, value: ast.expr) -> Iterator[Write]:
    parts: list[ast.expr] = [value] * len(target.elts)
    if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
        starred = any(isinstance(part, ast.Starred) for part in (*value.elts, *target.elts))
        parts = parts if starred else value.elts
    for element, part in zip(target.elts, parts, strict=True):
        yield from _targets(element, part)


def _in_place(value: ast.expr) -> Iterator[Write]:
    """`dX.index_add_(0, i, source)`, `dX[rows].add_(…)`: methods that end in one underscore."""
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)):
        return
    method = value.func.attr
    if method.endswith("_") and not method.endswith("__") and method != "requires_grad_":
        name = root_name(value.func.value)
        if name:
            arguments = [*value.args, *(keyword.value for keyword in value.keywords)]
            yield Write(name, "update", ast.Tuple(elts=arguments, ctx=ast.Load()))


def root_name(node: ast.expr) -> str | None:
    """`dX` of `dX`, `dX[i]`, `dX.data[i]`, `dX.view(-1)[i]`; None for other expressions.

    `p.grad` is not `p`: writing a gradient does not change the tensor.
    """
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute) and node.attr == "grad":
            return None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func.value
        elif isinstance(node, ast.Subscript | ast.Attribute):
            node = node.value
        else:
            return None
    return node.id


def shared_name(node: ast.expr | None) -> str | None:
    """`dX` of `dX`, `dX.view(…)`, `dX.T`, `dX[i]`: expressions that share its memory."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Call):
            node = node.func
            if not (isinstance(node, ast.Attribute) and node.attr in VIEWS):
                return None
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def starts_engine(node: ast.stmt) -> bool:
    """Whether a statement itself calls `.backward(…)` or something of `autograd`."""
    return any(
        isinstance(part, ast.Call)
        and isinstance(part.func, ast.Attribute)
        and (part.func.attr in {"backward", "grad", "vjp", "jacobian", "jacrev", "jvp"})
        for expression in expressions(node)
        for part in nodes(expression)
    )


def expressions(node: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement itself, those of nested statements left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, ast.withitem):
            yield child.context_expr


def blocks(node: ast.AST) -> Iterator[tuple[tuple[tuple[str, int], ...], list[ast.stmt]]]:
    """Nested blocks of a compound statement, each with the way to it."""
    for field in ("body", "orelse", "finalbody"):
        statements = getattr(node, field, None)
        if isinstance(statements, list) and statements and isinstance(statements[0], ast.stmt):
            yield ((field, -1),), statements
    for field in ("handlers", "cases"):
        for index, part in enumerate(getattr(node, field, None) or ()):
            yield ((field, index), ("body", -1)), part.body


def updated(node: ast.stmt) -> str | None:
    """The name that a step of gradient descent changes: `p.data += …`, `p -= lr * g`,
    `p.sub_(…)`, `p.data = …`; "" for `optimizer.step()`; None for other statements.
    """
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
        return root_name(node.target)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
        return root_name(node.targets[0]) if node.targets[0].attr == "data" else None
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        func = node.value.func
        if isinstance(func, ast.Attribute) and func.attr in {"sub_", "add_", "copy_"}:
            return root_name(func.value)
        return "" if isinstance(func, ast.Attribute) and func.attr == "step" else None
    return None
