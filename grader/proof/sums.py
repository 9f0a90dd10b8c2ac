"""Mistakes with sums, shapes and accumulation."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.analysis.text import Change, Text, names_in
from grader.proof.scope import (
    Scope,
    contributions,
    is_shape_only,
    is_start,
    method_calls,
    operations,
)


def drop_sum(text: Text, _scope: Scope) -> Iterator[Change]:
    """`x.sum(0)` → `x`."""
    for call, method in method_calls(text, "sum", "mean"):
        yield call, text.operand(method.value)


def drop_keepdim(text: Text, _scope: Scope) -> Iterator[Change]:
    """`x.sum(1, keepdim=True)` → `x.sum(1)`."""
    for call, method in method_calls(text, "sum", "mean"):
        kept = [text.of(argument) for argument in call.args]
        others = [k for k in call.keywords if k.arg not in {"keepdim", "keepdims"}]
        if len(others) < len(call.keywords):
            kept += [f"{k.arg}={text.of(k.value)}" for k in others]
            yield call, f"{text.of(method)}({', '.join(kept)})"


def wrong_dim(text: Text, _scope: Scope) -> Iterator[Change]:
    """`x.sum(1)` → `x.sum(0)`, `softmax(x, 1)` → `softmax(x, 0)`."""
    for call in ast.walk(text.tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        if call.func.attr in {"sum", "mean", "softmax", "log_softmax", "cumsum"}:
            for part in (*call.args, *(keyword.value for keyword in call.keywords)):
                if isinstance(part, ast.Constant) and type(part.value) is int:
                    yield part, str(1 - part.value)


def transpose(text: Text, _scope: Scope) -> Iterator[Change]:
    """An operand or the result of `@` transposed, or no longer, or the operands exchanged."""
    for product in operations(text, ast.MatMult):
        for side in (product.left, product.right):
            if isinstance(side, ast.Attribute) and side.attr == "T":
                yield side, text.of(side.value)
            else:
                yield side, f"{text.operand(side)}.T"
        yield product, f"{text.operand(product.right)} @ {text.operand(product.left)}"
        yield product, f"({text.of(product)}).T"


def lost_path(text: Text, scope: Scope) -> Iterator[Change]:
    """One of several contributions is forgotten."""
    for write in contributions(text, scope.name):
        if isinstance(write, ast.AugAssign) and isinstance(write.target, ast.Name):
            yield write, "pass"
    for total in operations(text, ast.Add, ast.Sub):
        if scope.tensors_in(total.left) and _weighty(total.right, scope):
            yield total, text.operand(total.left)
        if scope.tensors_in(total.right) and _weighty(total.left, scope):
            sign = "-" if isinstance(total.op, ast.Sub) else ""
            yield total, sign + text.operand(total.right)


def _weighty(node: ast.AST, scope: Scope) -> bool:
    return not scope.is_number(node)


def assign_for_add(text: Text, scope: Scope) -> Iterator[Change]:
    """`=` for `+=`, and an index assignment for what adds up repeated indices."""
    for write in contributions(text, scope.name):
        if isinstance(write, ast.AugAssign):
            sign = "-" if isinstance(write.op, ast.Sub) else ""
            value = text.operand(write.value) if sign else text.of(write.value)
            yield write, f"{text.of(write.target)} = {sign}{value}"
    for call, method in method_calls(text, "index_add_"):
        if len(call.args) == 3 and isinstance(call.args[1], ast.expr):
            base, index, value = map(text.of, (method.value, call.args[1], call.args[2]))
            yield text.parents[call], f"{base}[{index}] = {value}"


def repeated(text: Text, scope: Scope) -> Iterator[Change]:
    """A contribution is added twice."""
    for write in contributions(text, scope.name):
        target = write.target if isinstance(write, ast.AugAssign) else write.targets[0]
        sign = "-" if isinstance(write, ast.AugAssign) and isinstance(write.op, ast.Sub) else "+"
        again = f"{text.of(target)} {sign}= {text.of(write.value)}"
        yield write, f"{text.of(write)}; {again}"
    for call, _ in method_calls(text, "index_add_"):
        yield text.parents[call], f"{text.of(call)}; {text.of(call)}"


def ones_start(text: Text, _scope: Scope) -> Iterator[Change]:
    """`torch.zeros_like(x)` → `torch.ones_like(x)`."""
    for call in ast.walk(text.tree):
        if isinstance(call, ast.Call) and is_start(call):
            yield call.func, text.of(call.func).replace("zeros", "ones")


def missing_clone(text: Text, _scope: Scope) -> Iterator[Change]:
    """`x.clone()` → something that is still the same memory."""
    for call, method in method_calls(text, "clone"):
        base = text.operand(method.value)
        views = ["", "[:]", ".detach()", ".data", ".view_as({0})", ".reshape({0}.shape)"]
        for view in [*views, ".contiguous()", ".squeeze(-1)", ".float()", ".T.T"]:
            yield call, base + view.format(base)


def wrong_index(text: Text, scope: Scope) -> Iterator[Change]:
    """Another element than the one that was used: arg-min, the neighbour, one row short."""
    for _, method in method_calls(text, "max", "argmax", "min", "argmin"):
        attr = method.attr
        other = attr.replace("max", "min") if "max" in attr else attr.replace("min", "max")
        yield method, f"{text.of(method.value)}.{other}"
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Attribute) and node.attr in {"indices", "values"}:
            yield node, f"{text.of(node)}.roll(1)"
        elif isinstance(node, ast.Name) and node.id in scope.indices:
            if not is_shape_only(text, node):
                yield node, f"{node.id}.roll(1, 0)"
                yield node, f"{node.id}.flip(0)"
                yield node, f"{node.id}.clamp(max=12)"
        elif isinstance(node, ast.Call) and text.of(node.func) == "range" and _is_loop(text, node):
            yield node, f"range({text.of(node.args[0])} - 1)"
            yield node, f"range(1, {text.of(node.args[0])})"
    yield from _loop_indices(text, scope)


def _is_loop(text: Text, node: ast.AST) -> bool:
    return isinstance(text.parents[node], ast.For)


def _loop_indices(text: Text, _scope: Scope) -> Iterator[Change]:
    """An index in a loop that is stuck at 0 or counts from the end."""
    loops = {n for f in ast.walk(text.tree) if isinstance(f, ast.For) for n in names_in(f.target)}
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in loops:
            yield node, "0"
            yield node, f"-1 - {node.id}"
