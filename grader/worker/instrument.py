"""Student's source with the harness's calls inserted; every statement keeps its line.

The trusted side chose the places (`wire.Hook`); this module only carries them out.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Sequence

from grader.wire import Hook

HARNESS = "__grader__"
"""Name of the recorder among the builtins, where no `globals().clear()` removes it."""


def instrument(source: str, hooks: Sequence[Hook], *, show_last: bool = False) -> ast.Module:
    """Parse a cell and insert its hooks.

    A bare expression or `assert` outside functions and outside the student's own `try`
    is guarded: what it raises is reported and the cell goes on.
    """
    tree = ast.parse(source)
    before, after, inside = _sorted(tree, hooks)
    last = tree.body[-1] if tree.body else None
    if show_last and isinstance(last, ast.Expr):
        shown = ast.Call(_harness("show", last), [last.value], [])
        last.value = ast.copy_location(shown, last.value)
    _rewrite(tree, before, after, inside, guarded=True)
    return ast.fix_missing_locations(tree)


_Places = dict[ast.stmt, list[ast.stmt]]


def _sorted(tree: ast.Module, hooks: Iterable[Hook]) -> tuple[_Places, _Places, _Places]:
    """Inserted statements before, after and at the head of a statement's body."""
    before: _Places = defaultdict(list)
    after: _Places = defaultdict(list)
    inside: _Places = defaultdict(list)
    for hook in hooks:
        statement = _find(tree, hook.path)
        if hook.op in {"pass", "fresh", "read"}:
            before[statement].append(_call(hook, statement))
        elif hook.op == "leave":
            inside[statement].append(_leave(hook, statement))
        elif hook.op == "limit":
            after[statement].append(_limit(hook, statement))
        else:
            after[statement].append(_call(hook, statement))
    return before, after, inside


def _find(tree: ast.Module, path: Iterable[tuple[str, int]]) -> ast.stmt:
    node: ast.AST = tree
    for field, index in path:
        node = getattr(node, field)[index]
    assert isinstance(node, ast.stmt)
    return node


def _rewrite(
    node: ast.AST, before: _Places, after: _Places, inside: _Places, *, guarded: bool
) -> None:
    """Insert into every block below `node`."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if not (isinstance(block, list) and block and isinstance(block[0], ast.stmt)):
            continue
        new = list(inside.get(node, ())) if field == "body" and isinstance(node, ast.stmt) else []
        for statement in block:
            inner = guarded and not isinstance(
                statement, ast.Try | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
            )
            _rewrite(statement, before, after, inside, guarded=inner)
            new += before.get(statement, ())
            new.append(_guarded(statement) if guarded else statement)
            new += after.get(statement, ())
        setattr(node, field, new)
    for field in ("handlers", "cases"):
        for part in getattr(node, field, ()):
            _rewrite(part, before, after, inside, guarded=guarded)


def _guarded(statement: ast.stmt) -> ast.stmt:
    if not isinstance(statement, ast.Expr | ast.Assert):
        return statement
    report = ast.Expr(ast.Call(_harness("raised", statement), [], []))
    return _try([statement], "Exception", [report], statement)


def _call(hook: Hook, at: ast.stmt) -> ast.stmt:
    """`__grader__.op(id, name, value)`, quiet where the name is not bound."""
    arguments: list[ast.expr] = [ast.Constant(hook.id)]
    if hook.op in {"pass", "forward"}:
        arguments = [
            ast.Tuple([ast.Constant(name) for name in hook.names], ast.Load()),
            ast.Call(ast.Name("locals", ast.Load()), [], []),
        ]
    elif hook.op == "settle":
        arguments += [ast.Constant(hook.names[0]), ast.Name(hook.names[0], ast.Load())]
    elif hook.op == "fresh":
        arguments += [ast.Constant(hook.names[0])]
    call: ast.stmt = ast.Expr(ast.Call(_harness(hook.op, at), arguments, []))
    return _try([call], "NameError", [ast.Pass()], at)


def _leave(hook: Hook, at: ast.stmt) -> ast.stmt:
    """`if __grader__.leave(id, iterations): break`, first thing in a loop's body."""
    test = ast.Call(_harness("leave", at), [ast.Constant(hook.id), ast.Constant(hook.value)], [])
    return _located(ast.If(test, [ast.Break()], []), at)


def _limit(hook: Hook, at: ast.stmt) -> ast.stmt:
    """`max_steps = __grader__.limit(max_steps, value)`."""
    name = hook.names[0]
    call = ast.Call(
        _harness("limit", at), [ast.Name(name, ast.Load()), ast.Constant(hook.value)], []
    )
    return _located(ast.Assign([ast.Name(name, ast.Store())], call), at)


def _harness(method: str, at: ast.AST) -> ast.expr:
    name = "pass_" if method == "pass" else method
    return ast.copy_location(ast.Attribute(ast.Name(HARNESS, ast.Load()), name, ast.Load()), at)


def _try(body: list[ast.stmt], error: str, handler: list[ast.stmt], at: ast.stmt) -> ast.stmt:
    caught = ast.ExceptHandler(ast.Name(error, ast.Load()), None, handler)
    return _located(ast.Try(body, [caught], [], []), at)


def _located(node: ast.stmt, at: ast.stmt) -> ast.stmt:
    """Give inserted nodes the student's line; the student's own keep theirs."""
    for part in ast.walk(node):
        placed = isinstance(part, ast.stmt | ast.expr | ast.excepthandler)
        if placed and not hasattr(part, "lineno"):
            ast.copy_location(part, at)
    return node
