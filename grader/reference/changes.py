"""What may be otherwise in one line of a forward script."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Literal, get_args

import msgspec
import torch

Kind = Literal[
    "softmax_dim", "dim", "average", "mask", "carry", "step", "flip", "turned", "path", "unapplied",
    "factor", "sign", "operand",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The likeliest first."""
ALONG = frozenset({"softmax", "log_softmax", "sum", "mean", "cumsum", "logsumexp", "var", "norm"})
DIMS = (-1, -2, -3, 0, 1)
APPLIED = frozenset(
    {"relu", "tanh", "sigmoid", "exp", "log", "softmax", "log_softmax", "sqrt", "gelu", "silu"}
    | {"softplus", "leaky_relu", "elu", "square"}
)
AVERAGES = {"max_pool2d": "avg_pool2d", "amax": "mean"}


class Change(msgspec.Struct, frozen=True):
    """One change: of which kind, in the line that makes which tensor, and what for what."""

    kind: Kind
    tensor: str
    was: str
    now: str


class ForwardLine(msgspec.Struct, frozen=True):
    """An assignment, what it binds, and what it has from the iteration before, in a loop."""

    statement: ast.Assign
    names: frozenset[str]
    carried: frozenset[str]


def changes(
    place: ForwardLine,
    shapes: Mapping[str, torch.Size],
    repeated: frozenset[str],
    named: frozenset[str],
) -> Iterator[tuple[Change, ast.expr]]:
    """Each change of a line with the expression that it then has.

    repeated: names that a loop binds again and again; named: those that stand for a tensor of the
    network all the same.
    """
    tensor = ast.unparse(place.statement.targets[0])
    value = place.statement.value
    found = [
        (kind, node, new)
        for node in ast.walk(value)
        if isinstance(node, ast.expr)
        for kind, new in _of(node, place, shapes, repeated, named)
    ]
    for kind, node, new in found:
        change = Change(kind, tensor, ast.unparse(node), _read(new))
        yield change, _with(value, node, new)


def _of(
    node: ast.expr,
    place: ForwardLine,
    shapes: Mapping[str, torch.Size],
    repeated: frozenset[str],
    named: frozenset[str],
) -> Iterator[tuple[Kind, ast.expr]]:
    if isinstance(node, ast.Name) and node.id in shapes:
        yield from _of_name(node, place, shapes, repeated, named)
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Add | ast.Sub):
            other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
            yield "sign", ast.BinOp(node.left, other, node.right)
            yield "path", node.left
        elif isinstance(node.op, ast.Mult | ast.Div):
            yield "factor", node.left
        if isinstance(node.op, ast.Add | ast.Mult):
            yield ("path" if isinstance(node.op, ast.Add) else "factor"), node.right


def _of_name(
    node: ast.Name,
    place: ForwardLine,
    shapes: Mapping[str, torch.Size],
    repeated: frozenset[str],
    named: frozenset[str],
) -> Iterator[tuple[Kind, ast.expr]]:
    if node.id in place.carried:
        yield "carry", _call("_stopped", ast.Constant(node.id), node)
    else:
        yield "path", _method(node, "detach")
    if node.id in repeated:
        for by in (1, -1):
            shifted = _call("_shifted", ast.Constant(node.id), node, ast.Constant(by))
            yield "step", _call("_instead", node, shifted)
    shape = shapes[node.id]
    if len(shape) == 4 and shape[-1] == shape[-2]:
        for dims in ((-1, -2), (-1,), (-2,)):
            numbers: list[ast.expr] = [ast.Constant(d) for d in dims]
            yield "flip", _call("_instead", node, _method(node, "flip", *numbers))
    if len(shape) > 1 and shape[-1] == shape[-2]:
        yield "turned", _call("_instead", node, ast.Attribute(node, "mT", ast.Load()))
    for other, its in shapes.items():
        if its == shape and other not in {node.id, *place.names} and other not in repeated - named:
            yield "operand", _call("_instead", node, ast.Name(other, ast.Load()))
    ones = _method(node, "new_ones", ast.Constant(1))
    yield "factor", _call("_instead", node, ones)


def _of_call(node: ast.Call) -> Iterator[tuple[Kind, ast.expr]]:
    name = _called(node)
    if name in ALONG:
        for new in _along(node):
            yield ("softmax_dim" if "softmax" in name else "dim"), new
    if name in AVERAGES:
        average = deepcopy(node)
        _rename(average, AVERAGES[name])
        yield "average", average
    if name == "relu":
        inner = node.args[0] if node.args else getattr(node.func, "value", node)
        yield "mask", ast.BinOp(inner, ast.Sub(), node)
    if name in APPLIED:
        module = isinstance(node.func, ast.Attribute) and _is_module(node.func.value)
        if module and node.args:
            yield "unapplied", node.args[0]
        elif isinstance(node.func, ast.Attribute) and not module:
            yield "unapplied", node.func.value


def _along(node: ast.Call) -> Iterator[ast.expr]:
    """The same along other dimensions."""
    places = [("args", k) for k, a in enumerate(node.args) if _number(a) is not None]
    places += [
        ("keywords", k)
        for k, a in enumerate(node.keywords)
        if a.arg in {"dim", "axis"} and _number(a.value) is not None
    ]
    for field, k in places[:1]:
        part = getattr(node, field)[k]
        before = _number(part.value if field == "keywords" else part)
        for dim in DIMS:
            if dim != before:
                copy = deepcopy(node)
                if field == "keywords":
                    copy.keywords[k].value = ast.Constant(dim)
                else:
                    copy.args[k] = ast.Constant(dim)
                yield copy


def _number(node: ast.expr) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None


def _called(node: ast.Call) -> str:
    func = node.func
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def _rename(node: ast.Call, name: str) -> None:
    if isinstance(node.func, ast.Attribute):
        node.func.attr = name


def _is_module(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in {"torch", "F", "nn"}


def _with(value: ast.expr, node: ast.expr, new: ast.expr) -> ast.expr:
    """A copy of an expression with one part replaced."""
    if value is node:
        return new
    copy = _Replacing(node, new).visit(value)
    assert isinstance(copy, ast.expr)
    return copy


class _Replacing(ast.NodeTransformer):
    """Copies what it goes through, and leaves the original as it is."""

    def __init__(self, node: ast.expr, new: ast.expr) -> None:
        self.node = node
        self.new = new

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.node:
            return self.new
        copy = type(node)(**{name: getattr(node, name, None) for name in node._fields})
        for name, part in ast.iter_fields(copy):
            if isinstance(part, ast.AST):
                setattr(copy, name, self.visit(part))
            elif isinstance(part, list):
                parts = [self.visit(each) if isinstance(each, ast.AST) else each for each in part]
                setattr(copy, name, parts)
        return copy


def _read(new: ast.expr) -> str:
    """What now stands there, as people read it."""
    if isinstance(new, ast.Call) and _called(new) == "_instead":
        return _read(new.args[1])
    return ast.unparse(new)


def _method(node: ast.expr, name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Attribute(node, name, ast.Load()), list(arguments), [])


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])
