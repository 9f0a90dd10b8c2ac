"""Code as it was understood when it was written: by Python 2, or by NumPy before 2.4.

Only where a function fails as it stands is it run so, in a run of its own.
"""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.protocol.calls import Former

_SET, _AUGMENT, _SLICE, _ONE, _DIVIDE, _DIVIDE_INTO, _METHOD = (
    f"__former_{name}__"
    for name in ("set", "augment", "slice", "one", "divide", "divide_into", "method")
)
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "iadd",
    ast.Sub: "isub",
    ast.Mult: "imul",
    ast.MatMult: "imatmul",
    ast.Div: "itruediv",
    ast.FloorDiv: "ifloordiv",
    ast.Pow: "ipow",
}
Array = np.ndarray[Any, Any]


def names(former: Former) -> dict[str, Any]:
    """What the rewritten code calls, and the names that Python 2 had."""
    own: dict[str, Any] = {
        _SET: _set,
        _AUGMENT: _augment,
        _SLICE: slice,
        _ONE: _one,
        _DIVIDE: functools.partial(_divided, operator.truediv),
        _DIVIDE_INTO: functools.partial(_divided, operator.itruediv),
    }
    return own if former == "numpy" else own | _PYTHON_2 | {_METHOD: _method}


def rewritten(tree: ast.Module, former: Former) -> ast.Module:
    """The same statements on the same lines, as they were understood."""
    old = former == "python2"
    _Rewriting(old, old and not any(map(_divides_truly, tree.body))).visit(tree)
    return ast.fix_missing_locations(tree)


class _Rewriting(ast.NodeTransformer):
    def __init__(self, old: bool, divides: bool) -> None:
        self._old = old
        """It is Python 2."""
        self._divides = divides
        """Whole numbers are divided without a rest."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if self._old and node.attr in _METHODS and isinstance(node.ctx, ast.Load):
            return ast.copy_location(_call(_METHOD, node.value, ast.Constant(node.attr)), node)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        self.generic_visit(node)
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Subscript):
            return node
        return _statement(node, _SET, target.value, _index(target.slice), node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        kind, target = _OPERATORS.get(type(node.op)), node.target
        whole = self._divides and isinstance(node.op, ast.Div)
        if isinstance(target, ast.Subscript) and kind is not None:
            name = ast.Constant("divide" if whole else kind)
            return _statement(node, _AUGMENT, target.value, _index(target.slice), name, node.value)
        if whole and isinstance(target, ast.Name):
            read = ast.Name(target.id, ast.Load())
            value = _call(_DIVIDE_INTO, read, node.value)
            return ast.copy_location(ast.Assign([target], value), node)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if self._divides and isinstance(node.op, ast.Div):
            return ast.copy_location(_call(_DIVIDE, node.left, node.right), node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in {"float", "int"}:
            node.args = [
                each if isinstance(each, ast.Starred) else _call(_ONE, each) for each in node.args
            ]
        return node


def _divides_truly(node: ast.stmt) -> bool:
    """`from __future__ import division`."""
    return isinstance(node, ast.ImportFrom) and any(each.name == "division" for each in node.names)


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _statement(node: ast.stmt, name: str, *arguments: ast.expr) -> ast.stmt:
    return ast.copy_location(ast.Expr(_call(name, *arguments)), node)


def _index(node: ast.expr) -> ast.expr:
    """What stands in brackets as a value."""
    if isinstance(node, ast.Slice):
        parts = (node.lower, node.upper, node.step)
        return _call(_SLICE, *(ast.Constant(None) if each is None else each for each in parts))
    if isinstance(node, ast.Tuple):
        return ast.Tuple([_index(each) for each in node.elts], ast.Load())
    return node


# ---- what the rewritten code calls -------------------------------------------------------------


def _set(holder: Any, index: Any, value: Any) -> None:
    """`holder[index] = value`, where an array of one number may stand for the number."""
    try:
        holder[index] = value
    except (TypeError, ValueError):
        if not isinstance(holder, np.ndarray) or np.ndim(holder[index]) or _one(value) is value:
            raise
        holder[index] = _one(value)


def _augment(holder: Any, index: Any, kind: str, value: Any) -> None:
    change: Callable[[Any, Any], Any] = (
        functools.partial(_divided, operator.itruediv)
        if kind == "divide"
        else getattr(operator, kind)
    )
    _set(holder, index, change(holder[index], value))


def _method(owner: Any, name: str) -> Any:
    """A method that dicts had in Python 2."""
    return _METHODS[name](owner) if isinstance(owner, dict) else getattr(owner, name)


def _one(value: Any) -> Any:
    """The number of an array that holds one."""
    if isinstance(value, np.ndarray) and value.ndim and value.size == 1:
        return value.reshape(())[()]
    return value


def _divided(divide: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """As `/` does in Python 2: whole numbers by whole numbers without a rest."""
    return a // b if _whole(a) and _whole(b) else divide(a, b)


def _whole(value: Any) -> bool:
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "iu"
    return isinstance(value, int)


_METHODS: dict[str, Callable[[Any], Any]] = {
    "iteritems": operator.attrgetter("items"),
    "itervalues": operator.attrgetter("values"),
    "iterkeys": operator.attrgetter("keys"),
    "has_key": operator.attrgetter("__contains__"),
}
_PYTHON_2: dict[str, Any] = {
    "xrange": range,
    "unicode": str,
    "basestring": str,
    "long": int,
    "reduce": functools.reduce,
    "range": lambda *given: list(range(*given)),
    "zip": lambda *given: list(zip(*given, strict=False)),
    "map": lambda *given: list(map(*given)),
    "filter": lambda *given: list(filter(*given)),
}
