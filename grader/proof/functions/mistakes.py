"""What people do wrong in a backward function: one edit each, as text."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping

from grader.analysis.text import Change, Text

Function = ast.FunctionDef
AXES = {"axis", "dim", "axes"}
KEEP = {"keepdims", "keepdim"}
REDUCING = {"sum", "mean"}
PRODUCTS = {"dot", "matmul", "mm"}
ENGINES = {"np", "torch", "numpy"}
OTHERS = 2
"""Names that are tried in the place of one that is read."""


def mistakes(
    text: Text, function: Function, shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[str, str]]:
    """Kind, and the whole source with that mistake. Whether it is one is not known yet.

    shapes: those of the arrays that the function names.
    """
    parts = list(_parts(function.body))
    for kind, operator in OPERATORS.items():
        for part in parts:
            for node, new in operator(text, part):
                yield kind, text.replaced(node, new)
    for node, new in _operands(parts, shapes):
        yield "operand", text.replaced(node, new)


def _parts(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Everything below; names that are put together as strings are no arithmetic."""
    for node in nodes:
        if not isinstance(node, ast.JoinedStr):
            yield node
            yield from _parts(ast.iter_child_nodes(node))


def _sign(text: Text, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node, text.of(node.operand)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        other = "-" if isinstance(node.op, ast.Add) else "+"
        yield node, f"{text.operand(node.left)} {other} {text.operand(node.right)}"
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
        other = "-=" if isinstance(node.op, ast.Add) else "+="
        yield node, f"{text.of(node.target)} {other} {text.of(node.value)}"


def _constant(text: Text, node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Assign) or isinstance(node.targets[0], ast.Tuple):
        return
    if isinstance(node.value, ast.BinOp | ast.Call):
        yield node.value, f"2 * {text.operand(node.value)}"


def _term(text: Text, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield node, text.of(node.left)
        minus = "-" if isinstance(node.op, ast.Sub) else ""
        yield node, minus + text.operand(node.right)
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
        yield node, "pass"


def _factor(text: Text, node: ast.AST) -> Iterator[Change]:
    """Among them 1/m, what flows in, and the derivative of a nonlinearity."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        yield node, text.of(node.left)
        if isinstance(node.op, ast.Mult):
            yield node, text.of(node.right)
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Mult | ast.Div):
        yield node, "pass"


def _power(text: Text, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        yield node, text.of(node.left)
    elif (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub)
        and isinstance(node.left, ast.Constant)
        and isinstance(node.right, ast.Name | ast.Attribute)
    ):
        yield node, f"{text.of(node.left)} - {text.of(node.right)} ** 2"


def _axis(text: Text, node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.keyword) or node.arg not in AXES:
        return
    value = node.value
    if isinstance(value, ast.Constant) and isinstance(value.value, int):
        yield value, "1" if value.value == 0 else "0"
        yield value, "None"
    elif isinstance(value, ast.Tuple) and all(isinstance(e, ast.Constant) for e in value.elts):
        yield from ((value, text.of(each)) for each in value.elts)


def _keepdims(_: Text, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.keyword) and node.arg in KEEP:
        yield node.value, "False"


def _reduction(text: Text, node: ast.AST) -> Iterator[Change]:
    """No sum, or a mean in its place."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return
    holder, name = node.func.value, node.func.attr
    if name in REDUCING:
        other = "mean" if name == "sum" else "sum"
        yield node.func, f"{text.operand(holder)}.{other}"
        engine = isinstance(holder, ast.Name) and holder.id in ENGINES
        summed = node.args[0] if engine and node.args else holder
        yield node, text.of(summed)


def _transpose(text: Text, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node, text.of(node.value)
    operands: list[ast.expr] = []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        operands = [node.left, node.right]
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in PRODUCTS
    ):
        operands = [node.func.value, *node.args]
    for each in operands:
        if isinstance(each, ast.Name) and each.id not in ENGINES:
            yield each, f"{each.id}.T"


def _assignment(text: Text, node: ast.AST) -> Iterator[Change]:
    """Overwritten where it is to add up, and added to what stood there."""
    if isinstance(node, ast.AugAssign):
        yield node, f"{text.of(node.target)} = {text.of(node.value)}"
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        yield node, f"{text.of(node.targets[0])} += {text.of(node.value)}"


def _index(text: Text, node: ast.AST) -> Iterator[Change]:
    """One step off in a loop; and the loop the other way round."""
    if isinstance(node, ast.Subscript):
        places = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for each in places:
            if isinstance(each, ast.Name) and isinstance(node.ctx, ast.Load):
                yield each, f"{each.id} - 1"
    elif isinstance(node, ast.Call) and text.of(node.func) == "reversed":
        yield node, text.of(node.args[0])


OPERATORS: dict[str, Callable[[Text, ast.AST], Iterator[Change]]] = {
    "sign": _sign,
    "constant": _constant,
    "term": _term,
    "factor": _factor,
    "power": _power,
    "axis": _axis,
    "keepdims": _keepdims,
    "reduction": _reduction,
    "transpose": _transpose,
    "assignment": _assignment,
    "index": _index,
}


def _operands(parts: list[ast.AST], shapes: Mapping[str, tuple[int, ...]]) -> Iterator[Change]:
    """Another array of the same shape, of the cache or on the way."""
    for part in parts:
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id in shapes:
            same = [name for name in shapes if shapes[name] == shapes[part.id]]
            at = same.index(part.id)
            yield from ((part, name) for name in [*same[at + 1 :], *same[:at]][:OTHERS])
