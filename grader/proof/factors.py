"""Mistakes with factors: signs, constants, powers, operands."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.analysis.text import Change, Text, names_in
from grader.proof.scope import Scope, contributions, operations, value_reads


def sign(text: Text, scope: Scope) -> Iterator[Change]:
    """A minus too many, one forgotten, or minus for plus."""
    for write in contributions(text, scope.name):
        yield write.value, f"-{text.operand(write.value)}"
    for node in ast.walk(text.tree):
        # A minus in an index or in an exponent (which `power` changes) is no sign of the gradient.
        inside_index = isinstance(text.parents.get(node), ast.Subscript | ast.Tuple)
        elsewhere = inside_index or _is_exponent(text, node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not elsewhere:
            yield node, text.operand(node.operand)
    for total in operations(text, ast.Add, ast.Sub):
        if not scope.is_number(total):
            other = "-" if isinstance(total.op, ast.Add) else "+"
            right = text.of(total.right)
            if isinstance(total.right, ast.BinOp) and isinstance(total.right.op, ast.Add | ast.Sub):
                right = f"({right})"
            yield total, f"{text.of(total.left)} {other} {right}"


def _is_exponent(text: Text, node: ast.AST) -> bool:
    parent = text.parents.get(node)
    return isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow) and parent.right is node


def constant(text: Text, scope: Scope) -> Iterator[Change]:
    """A number lost, changed, or one too many."""
    for product in operations(text, ast.Mult, ast.Div):
        if scope.is_number(product.right):
            yield product, text.operand(product.left)
        if scope.is_number(product.left) and isinstance(product.op, ast.Mult):
            yield product, text.operand(product.right)
    for node in ast.walk(text.tree):
        if isinstance(node, ast.expr) and scope.is_number(node) and _multiplies(text, node):
            yield from _other_numbers(text, node)
    for write in contributions(text, scope.name):
        value = text.operand(write.value)
        yield write.value, f"2 * {value}"
        for number in sorted(scope.scalars):
            yield write.value, f"{value} / {number}"


def _multiplies(text: Text, node: ast.expr) -> bool:
    """Whether a number is an operand of a product, quotient or sum of numbers."""
    parent = text.parents.get(node)
    return isinstance(parent, ast.BinOp) and isinstance(
        parent.op, ast.Mult | ast.Div | ast.Sub | ast.Add
    )


def _other_numbers(text: Text, node: ast.expr) -> Iterator[Change]:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield node, repr(node.value * 2)
        if node.value != 1:
            yield node, "1"
    elif isinstance(node, ast.Name):
        yield node, f"({node.id} - 1)"
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Add):
        yield node, text.operand(node.left)


def power(text: Text, _scope: Scope) -> Iterator[Change]:
    """`h` for h², or another exponent."""
    for product in operations(text, ast.Pow):
        base = text.operand(product.left)
        yield product, base
        try:
            exponent = float(ast.literal_eval(product.right))
        except ValueError:
            continue
        for other in (exponent + 1, exponent - 1, -exponent):
            if other not in {0.0, 1.0}:
                yield product, f"{base} ** {other:g}"


def lost_upstream(text: Text, scope: Scope) -> Iterator[Change]:
    """The local derivative alone, without the gradient that comes from above."""
    for node in value_reads(text):
        if node.id not in scope.gradients or node.id == scope.name:
            continue
        parent = text.parents[node]
        if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mult):
            other = parent.right if node is parent.left else parent.left
            yield parent, text.operand(other)
        yield node, f"torch.ones_like({node.id})"


def lost_factor(text: Text, scope: Scope) -> Iterator[Change]:
    """A forward tensor that should have been multiplied in is forgotten."""
    for product in operations(text, ast.Mult, ast.Div):
        left, right = product.left, product.right
        if _is_factor(right, scope) and scope.tensors_in(left):
            yield product, text.operand(left)
        if isinstance(product.op, ast.Mult) and _is_factor(left, scope) and scope.tensors_in(right):
            yield product, text.operand(right)


def _is_factor(node: ast.AST, scope: Scope) -> bool:
    names = scope.tensors_in(node)
    return bool(names) and names <= scope.floats.keys() and not names_in(node) <= {scope.name}


def extra_factor(text: Text, scope: Scope) -> Iterator[Change]:
    """A forward tensor too many."""
    for write in contributions(text, scope.name):
        own = scope.floats.get(scope.target)
        near = [x for x, shape in scope.floats.items() if shape == own and x != scope.target]
        for factor in [scope.target, *near[-1:]]:
            if factor in scope.floats and isinstance(write, ast.Assign):
                yield write.value, f"{factor} * {text.operand(write.value)}"


def swapped_operand(text: Text, scope: Scope) -> Iterator[Change]:
    """Another tensor of the same shape: W1 for W2, hpreact for h, counts for probs."""
    for node in value_reads(text):
        if node.id in scope.floats:
            for other in _neighbours(node.id, scope.floats):
                yield node, other
    for pair in operations(text, ast.Sub, ast.Div):
        if scope.tensors_in(pair.left) and scope.tensors_in(pair.right):
            operator = "-" if isinstance(pair.op, ast.Sub) else "/"
            yield pair, f"{text.operand(pair.right)} {operator} {text.operand(pair.left)}"


def any_operand(text: Text, scope: Scope) -> Iterator[Change]:
    """Every forward tensor in the place of every other one."""
    for node in value_reads(text):
        if node.id in scope.floats:
            yield from ((node, other) for other in scope.floats if other != node.id)


def swapped_upstream(text: Text, scope: Scope) -> Iterator[Change]:
    """The gradient of another tensor: dbnraw for dhpreact."""
    for node in value_reads(text):
        if node.id in scope.gradients and node.id != scope.name:
            for other in _neighbours(node.id, scope.gradients):
                yield node, other


def _neighbours(name: str, pool: dict[str, tuple[int, ...]]) -> list[str]:
    """The two tensors of the same shape that stand nearest, or one of as many dimensions."""
    order = list(pool)
    others = [x for x in order if x != name]
    near = sorted(others, key=lambda x: abs(order.index(x) - order.index(name)))
    same = [x for x in near if pool[x] == pool[name]]
    return same[:2] or [x for x in near if len(pool[x]) == len(pool[name])][:1]
