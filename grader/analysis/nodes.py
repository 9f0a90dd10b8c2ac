"""Walking and copying syntax trees, as `ast.walk` and `deepcopy` do, in half and a quarter of
their time: every submission is walked some ten times.

What says only how a name is used (`ast.Load`) is no part of its own here, and is shared by copies.
"""

from __future__ import annotations

import ast
from typing import Any, TypeVar

Node = TypeVar("Node", bound=ast.AST)
_PLAIN = frozenset(
    {ast.Load, ast.Store, ast.Del, str, int, type(None), float, bool, complex, bytes, type(...)}
)
_SHARED = _PLAIN.union(
    *(each.__subclasses__() for each in (ast.operator, ast.unaryop, ast.cmpop, ast.boolop))
)
"""Of the parser's operators there is one each, on which other programs hang what they like: in a
Jupyter kernel every traceback leaves a way up the tree on them.
"""


def parts(node: ast.AST) -> list[ast.AST]:
    """A node and everything within it, the outermost first."""
    found = [node]
    for each in found:
        for name in each._fields:
            value: Any = getattr(each, name, None)
            kind = value.__class__
            if kind is list:
                found += [part for part in value if isinstance(part, ast.AST)]
            elif kind not in _PLAIN:
                found.append(value)
    return found


def copied(node: Node) -> Node:
    """A copy that may be changed, down to the leaves."""
    new = node.__class__.__new__(node.__class__)
    own = new.__dict__
    for name, value in node.__dict__.items():
        kind = value.__class__
        if kind is list:
            own[name] = [copied(part) if isinstance(part, ast.AST) else part for part in value]
        else:
            own[name] = value if kind in _SHARED else copied(value)
    return new
