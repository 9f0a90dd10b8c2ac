"""Student's source with the harness's calls inserted; every statement keeps its line.

The trusted side chose the places (`protocol.Hook`); this module only carries them out.
"""

from __future__ import annotations

import ast
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from types import CodeType
from typing import Any, TypeVar

from grader.protocol import Hook

Node = TypeVar("Node", bound=ast.AST)
_PLACEHOLDER = f"grader-{secrets.token_hex(16)}"
"""A constant of instrumented code, in whose place the recorder is put once it is compiled. The
recorder has no name that student code could look up, bind anew or delete.
"""
_BEFORE = frozenset({"pass", "fresh"})


def instrument(source: str, hooks: Sequence[Hook], *, show_last: bool = False) -> ast.Module:
    """Parse a cell and insert its hooks.

    What a bare expression or an `assert` at top level raises, outside the student's own `try`,
    is reported and the cell goes on, and what an import lacks gets a stand-in; what another
    statement raises ends the cell.
    """
    tree = ast.parse(source)
    places = _Places(tree, hooks)
    last = tree.body[-1] if tree.body else None
    if show_last and isinstance(last, ast.Expr):
        shown = ast.Call(_harness("show"), [last.value], [])
        last.value = ast.copy_location(shown, last.value)
        _located(shown.func, last)
    _rewrite(tree, places, guarded=True, top=True)
    return tree


def handed(code: CodeType, recorder: object) -> CodeType:
    """The same code with `recorder` where the harness's calls are made, functions included."""
    constants = tuple(
        handed(part, recorder)
        if isinstance(part, CodeType)
        else recorder
        if part == _PLACEHOLDER
        else part
        for part in code.co_consts
    )
    return code.replace(co_consts=constants)


class _Places:
    """Statements to insert before, after, and at the head of a statement's body."""

    def __init__(self, tree: ast.Module, hooks: Iterable[Hook]) -> None:
        self.before: dict[ast.stmt, list[ast.stmt]] = defaultdict(list)
        self.after: dict[ast.stmt, list[ast.stmt]] = defaultdict(list)
        self.inside: dict[ast.stmt, list[ast.stmt]] = defaultdict(list)
        self.watched: dict[ast.stmt, Hook] = {}
        for hook in hooks:
            at = _find(tree, hook.path)
            if hook.op == "watch":
                self.watched[at] = hook
                self.inside[at].append(_tick(hook, at))
            elif hook.op == "leave":
                self.inside[at].append(_leave(hook, at))
            else:
                place = self.before if hook.op in _BEFORE else self.after
                place[at].append(_inserted(hook, at))


def _find(tree: ast.Module, path: Iterable[tuple[str, int]]) -> ast.stmt:
    node: ast.AST = tree
    for field, index in path:
        node = getattr(node, field)[index]
    assert isinstance(node, ast.stmt)
    return node


def _rewrite(node: ast.AST, places: _Places, *, guarded: bool, top: bool) -> None:
    """Insert into every block below `node`."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if not (isinstance(block, list) and block and isinstance(block[0], ast.stmt)):
            continue
        head = places.inside.get(node, ()) if isinstance(node, ast.stmt) else ()
        new = list(head) if field == "body" else []
        for statement in block:
            scope = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            own_try = isinstance(statement, ast.Try | ast.TryStar)
            _rewrite(statement, places, guarded=guarded and not own_try, top=top and not scope)
            new += places.before.get(statement, ())
            hook = places.watched.get(statement)
            if hook is not None:
                new.append(_watched(statement, hook))
            elif guarded and isinstance(statement, ast.Import | ast.ImportFrom):
                new += _imports(statement)
            else:
                new.append(_guarded(statement, top=top) if guarded else statement)
            new += places.after.get(statement, ())
        setattr(node, field, new)
    for field in ("handlers", "cases"):
        for part in getattr(node, field, ()):
            _rewrite(part, places, guarded=guarded, top=top)


def _guarded(statement: ast.stmt, *, top: bool) -> ast.stmt:
    if not (top and isinstance(statement, ast.Expr | ast.Assert | ast.ImportFrom)):
        return statement
    handler = ast.Expr(ast.Call(_harness("raised"), [], []))
    guard = _try([], ast.Name("Exception", ast.Load()), [handler], statement)
    guard.body = [statement]
    return guard


def _imports(statement: ast.Import | ast.ImportFrom) -> list[ast.stmt]:
    """Each import by itself: `except ImportError: np = harness.absent("numpy", None, True)`."""
    if isinstance(statement, ast.ImportFrom):
        names = [alias.name for alias in statement.names]
        if statement.level or statement.module in {None, "__future__"} or "*" in names:
            return [_guarded(statement, top=not statement.level and "*" in names)]
        bound = [alias.asname or alias.name for alias in statement.names]
        wanted: list[ast.expr] = [ast.Constant(name) for name in names]
        call = _absent(statement.module or "", ast.Tuple(wanted, ast.Load()))
        return [
            _import_or(statement, ast.List([_stored(name) for name in bound], ast.Store()), call)
        ]
    singles = [ast.copy_location(ast.Import([alias]), statement) for alias in statement.names]
    return [
        _import_or(
            single,
            _stored(alias.asname or alias.name.partition(".")[0]),
            _absent(alias.name, ast.Constant(None), whole=alias.asname is not None),
        )
        for single, alias in zip(singles, statement.names, strict=True)
    ]


def _absent(module: str, names: ast.expr, *, whole: bool = False) -> ast.expr:
    arguments = [ast.Constant(module), names, ast.Constant(whole)]
    return ast.Call(_harness("absent"), arguments, [])


def _stored(name: str) -> ast.expr:
    return ast.Name(name, ast.Store())


def _import_or(statement: ast.stmt, target: ast.expr, value: ast.expr) -> ast.stmt:
    guard = _try([], _harness("import_failure"), [ast.Assign([target], value)], statement)
    guard.body = [statement]
    return guard


def _inserted(hook: Hook, at: ast.stmt) -> ast.stmt:
    if hook.op == "limit":
        return _limit(hook, at)
    if hook.op == "settle":
        return _settle(hook, at)
    names = ast.Tuple([ast.Constant(name) for name in hook.names], ast.Load())
    arguments: list[ast.expr] = [ast.Constant(hook.id), names]
    if hook.op in {"pass", "forward"}:
        arguments.append(ast.Call(ast.Name("locals", ast.Load()), [], []))
    return _located(ast.Expr(ast.Call(_harness(hook.op), arguments, [])), at)


def _settle(hook: Hook, at: ast.stmt) -> ast.stmt:
    """`harness.settle(id, "dX", locals(), lambda: dX)`, or of whatever expression it is."""
    name, expression = hook.names
    nothing = ast.arguments([], [], None, [], [], None, [])
    arguments: list[ast.expr] = [
        ast.Constant(hook.id),
        ast.Constant(name),
        ast.Call(ast.Name("locals", ast.Load()), [], []),
        ast.Lambda(nothing, ast.parse(expression, mode="eval").body),
    ]
    return _located(ast.Expr(ast.Call(_harness("settle"), arguments, [])), at)


def _tick(hook: Hook, at: ast.stmt) -> ast.stmt:
    """`harness.tick(id, share)`, first thing in a loop's body."""
    arguments: list[ast.expr] = [ast.Constant(hook.id), ast.Constant(hook.value)]
    return _located(ast.Expr(ast.Call(_harness("tick"), arguments, [])), at)


def _watched(statement: ast.stmt, hook: Hook) -> ast.stmt:
    """A loop that is left, as by `break`, once the harness has seen enough of it."""
    again = ast.Call(_harness("entered_again"), [ast.Constant(hook.id)], [])
    handler: list[ast.stmt] = [ast.If(again, [ast.Raise()], [])]
    guard = _try([], _harness("enough"), handler, statement)
    guard.body = [statement]
    return guard


def _leave(hook: Hook, at: ast.stmt) -> ast.stmt:
    """`if harness.leave(id, iterations): break`, first thing in a loop's body."""
    test = ast.Call(_harness("leave"), [ast.Constant(hook.id), ast.Constant(hook.value)], [])
    return _located(ast.If(test, [ast.Break()], []), at)


def _limit(hook: Hook, at: ast.stmt) -> ast.stmt:
    """`max_steps = harness.limit(max_steps, value)`."""
    name = hook.names[0]
    call = ast.Call(_harness("limit"), [ast.Name(name, ast.Load()), ast.Constant(hook.value)], [])
    return _located(ast.Assign([ast.Name(name, ast.Store())], call), at)


def _harness(method: str) -> ast.expr:
    name = "pass_" if method == "pass" else method
    return ast.Attribute(ast.Constant(_PLACEHOLDER), name, ast.Load())


def _try(body: list[ast.stmt], error: ast.expr, handler: list[ast.stmt], at: ast.stmt) -> ast.Try:
    caught = ast.ExceptHandler(error, None, handler)
    return _located(ast.Try(body, [caught], [], []), at)


def _located(node: Node, at: ast.stmt) -> Node:
    """Give inserted nodes the line of the statement that they stand beside."""
    pending: list[Any] = [node]
    while pending:  # as `ast.walk`, in a third of its time, which every run pays
        part = pending.pop()
        if part._attributes:  # noqa: SLF001 - what `ast` calls those of a place in the source
            part.lineno, part.col_offset = at.lineno, at.col_offset
            part.end_lineno, part.end_col_offset = at.end_lineno, at.end_col_offset
        for field in part._fields:
            value = getattr(part, field, None)
            if isinstance(value, ast.AST):
                pending.append(value)
            elif isinstance(value, list):
                pending += value
    return node
