"""The notebook run statement by statement, up to the first time that autograd is started."""

from __future__ import annotations

import ast
import itertools
import types
from pathlib import Path
from typing import Any

import torch

from grader.authoring.fault import DraftError
from grader.authoring.statements import Piece, derives, inside


class Ran:
    """What was run, and what stood there when the loss was computed."""

    def __init__(self) -> None:
        self.done: list[Piece] = []
        """Statements that were run, in order; of a training loop the body's."""
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.loss: ast.expr | None = None
        """What `backward()` was called of."""
        self.later: list[Piece] = []
        """What comes after it at the top."""
        self.first: dict[int, dict[str, Any]] = {}
        """Statement → values of the names that it bound, as they were then."""


def ran(statements: list[Piece], script: str | None = None) -> Ran:
    """Run them. Raises DraftError where one raises before there is a loss.

    script: the file's name, if it is one that is run as a whole: it may look beside itself.
    """
    run = Ran()
    # Classes and pickles look their module up.
    module = types.ModuleType("__main__")
    run.names = module.__dict__
    run.names["__name__"] = "__main__"
    if script is not None:
        run.names["__file__"] = str(Path(script).resolve())
    _block(statements, run)
    return run


def _block(statements: list[Piece], run: Ran) -> bool:
    """Whether the loss was reached."""
    for number, part in enumerate(statements):
        node = part.node
        if derives(node) and not isinstance(node, ast.FunctionDef | ast.ClassDef):
            run.later = [*statements[number + 1 :], *run.later]
            if isinstance(node, ast.For | ast.While):
                _enter(node, part, run)
                if _block(inside(part), run):
                    return True
            call = _backward(node)
            if call is not None and not isinstance(node, ast.For | ast.While):
                run.loss = call
                return True
            raise DraftError(
                f"cell {part.cell}, line {node.lineno}: `backward()` is called inside of another "
                "statement: write `loss.backward()` on a line of its own"
            )
        _execute(part, run)
    return False


def _enter(node: ast.For | ast.While, part: Piece, run: Ran) -> None:
    """Begin the first iteration of a training loop."""
    if isinstance(node, ast.For):
        text = f"{ast.unparse(node.target)} = next(iter({ast.unparse(node.iter)}))"
        _execute(Piece(part.cell, ast.parse(text).body[0], text), run)


def _backward(node: ast.AST) -> ast.expr | None:
    """`loss` of the statement `loss.backward()`."""
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        return call.func.value if call.func.attr == "backward" else None
    return None


def _execute(part: Piece, run: Ran) -> None:
    try:
        exec(part.code(), run.names)  # noqa: S102 - the instructor's own code
    except Exception as error:
        text = str(error).splitlines()[0][:200] if str(error) else ""
        raise DraftError(
            f"cell {part.cell}, line {part.node.lineno}: it raises {type(error).__name__}: {text}: "
            "the file has to run from the top to `loss.backward()`"
        ) from error
    run.first[len(run.done)] = {n: run.names.get(n) for n in part.binds}
    run.done.append(part)


def repeats(part: Piece, names: dict[str, Any]) -> bool:
    """Whether a statement gives the same tensors when it is run again."""
    values = []
    for _ in range(2):
        scope = dict(names)
        try:
            exec(part.code(), scope)  # noqa: S102 - the instructor's own code
        except Exception:  # noqa: BLE001 - it was changed in between: what it gave is an input
            return False
        values.append({n: scope.get(n) for n in part.binds})
    one, other = values
    return all(_same(one[name], other[name]) for name in one)


def _same(one: object, other: object) -> bool:
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return torch.equal(one, other)
    return True


def named_parameters(names: dict[str, Any]) -> dict[int, tuple[str, str]]:
    """Tensor's identity → the module that holds it, and its dotted name there."""
    found: dict[int, tuple[str, str]] = {}
    for name, value in names.items():
        if isinstance(value, torch.nn.Module) and not name.startswith("_"):
            for dotted, parameter in value.named_parameters():
                found.setdefault(id(parameter), (name, dotted))
    return found


def leaves(loss: torch.Tensor) -> list[torch.Tensor]:
    """Leaves with a gradient on which a loss rests."""
    found: dict[int, torch.Tensor] = {}
    pending, seen = [loss.grad_fn], set()
    while pending:
        node: Any = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.setdefault(id(node.variable), node.variable)
        pending += [other for other, _ in itertools.islice(node.next_functions, 1000)]
    return list(found.values())
