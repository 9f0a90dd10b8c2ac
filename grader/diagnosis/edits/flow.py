"""Which statements of a function some of its results rest on, by the names that they read.

Order is not looked at: what is left out has nothing to do with a result, the rest may have.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from grader.diagnosis.edits.scene import Scene

SIMPLE = ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Return | ast.Expr


def supporting(scene: Scene, results: Iterable[str]) -> set[ast.stmt]:
    """Statements that these variables may depend on; all, where none of them is assigned."""
    made = {statement: _names(statement, ast.Store) for statement in scene.statements}
    filed = {statement: dict(_filed(statement)) for statement in scene.statements}
    reached, needed = set[ast.stmt](), set(results)
    if not any(names & needed for names in (*made.values(), *map(set, filed.values()))):
        return set(scene.statements)
    before = -1
    while before < len(needed) + len(reached):
        before = len(needed) + len(reached)
        for statement, names in made.items():
            keys = filed[statement].keys() & needed
            if names & needed or keys or isinstance(statement, ast.Return):
                reached.add(statement)
                needed |= {name for key in keys for name in filed[statement][key]}
            if names & needed:
                needed |= _names(statement, ast.Load) | _above(scene, statement)
                needed |= {name for each in filed[statement].values() for name in each}
    return reached


def _filed(statement: ast.stmt) -> Iterator[tuple[str, set[str]]]:
    """Keys of a dict that is written out, each with the names in its value."""
    for node in ast.walk(statement) if isinstance(statement, SIMPLE) else ():
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, _names_of(value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for word in node.keywords if node.func.id == "dict" else ():
                yield word.arg or "", _names_of(word.value)


def _above(scene: Scene, statement: ast.stmt) -> set[str]:
    """What the loops and conditions around a statement read."""
    found: set[str] = set()
    for node in scene.text.ancestors(statement):
        if isinstance(node, ast.For):
            found |= _names_of(node.iter)
        elif isinstance(node, ast.While | ast.If):
            found |= _names_of(node.test)
    return found


def _names(statement: ast.stmt, context: type[ast.expr_context]) -> set[str]:
    """Names and string keys that a statement reads, or writes; a return reads no results: which
    of its names is which result is known by what they are called.
    """
    if isinstance(statement, ast.Return):
        return set()
    parts = [statement.target, statement.iter] if isinstance(statement, ast.For) else [statement]
    if isinstance(statement, (ast.While, ast.If)):
        parts = [statement.test]
    return {name for part in parts for name in _read_or_written(part, context)}


def _read_or_written(node: ast.AST, context: type[ast.expr_context]) -> Iterator[str]:
    if isinstance(node, ast.Dict):
        return  # each value belongs to its key
    if isinstance(node, ast.Attribute | ast.Subscript):
        key = _key(node)
        if isinstance(node.ctx, context) and key:
            yield key
            yield from _read_or_written(node.value, ast.Load) if context is ast.Load else ()
            return
        if isinstance(node.ctx, context) and context is ast.Store:
            yield from _names_of(_root(node))
    elif isinstance(node, ast.Name) and isinstance(node.ctx, context):
        yield node.id
    elif isinstance(node, ast.AugAssign) and context is ast.Load:
        yield from _read_or_written(node.target, ast.Store)
    for child in ast.iter_child_nodes(node):
        yield from _read_or_written(child, context)


def _key(node: ast.Attribute | ast.Subscript) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr if isinstance(node.value, ast.Name) and node.value.id == "self" else None
    inner = node.slice
    return (
        str(inner.value) if isinstance(inner, ast.Constant) and type(inner.value) is str else None
    )


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node


def _names_of(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
