"""Steps of gradient descent on what has a name of its own, and copies of parameters trained so."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from grader.analysis.liveness import loads
from grader.analysis.nodes import parts
from grader.analysis.spelling import stripped
from grader.analysis.statements import updated

_COPYING = frozenset({"clone", "detach", "requires_grad_", "contiguous", "copy"})


def descended(node: ast.stmt) -> set[str]:
    """Names that are changed by what is called their gradient: `W12 -= 0.1 * dW12`,
    `W12 = W12 - 0.1 * dW12`.
    """
    changed = {updated(node)}
    if isinstance(node, ast.Assign):
        own = {target.id for target in node.targets if isinstance(target, ast.Name)}
        changed |= own & loads(node.value)
    elif not isinstance(node, ast.AugAssign | ast.Expr):
        return set()
    reads = loads(node)
    return {name for name in changed if name and any(name in stripped(n) for n in reads)}


def trained_copies(nodes: Iterable[ast.stmt], parameters: Mapping[str, str]) -> dict[str, str]:
    """Copies of parameters that are trained in their place, with what they are copies of:
    `W12 = W1.detach().clone()`. parameters: variable → canonical.
    """
    copies: dict[str, str] = {}
    trained: set[str] = set()
    for part in (part for node in nodes for part in parts(node)):
        if isinstance(part, ast.stmt):
            trained |= descended(part)
        if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
            canonical = parameters.get(_copied(part.value) or "")
            if canonical is not None:
                copies[part.targets[0].id] = canonical
    return {n: canonical for n, canonical in copies.items() if n in trained - parameters.keys()}


def _copied(value: ast.expr) -> str | None:
    """The variable of which a value is a copy."""
    copied = False
    while isinstance(value, ast.Call | ast.Attribute):
        if isinstance(value, ast.Attribute):
            if value.attr != "data":
                return None
            value = value.value
        elif isinstance(value.func, ast.Attribute) and value.func.attr in _COPYING:
            value, copied = value.func.value, True
        else:
            return None
    return value.id if copied and isinstance(value, ast.Name) else None
