"""Where a right gradient comes from: the functions that are reached from the one that is called."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

import msgspec

from grader.exercises.functions.definitions import Read

ENGINE = frozenset(
    {"backward", "grad", "autograd", "requires_grad", "requires_grad_", "vjp", "jvp", "jacrev"}
)
"""Attributes by which gradients are asked of an engine."""
ODD = frozenset(
    {"exec", "eval", "compile", "globals", "vars", "setattr", "gc", "ctypes", "inspect", "_C"}
    | {"_getframe", "_execution_engine", "ImperativeEngine", "_EngineBase", "importlib", "runs"}
)
"""Names that no derivation needs, and by which a count of engine runs could be passed by."""
EVERYDAY = frozenset({"__init__", "__name__", "__class__", "__dict__", "__call__"})
MAX_REACHED = 200


class Origin(msgspec.Struct, frozen=True):
    """What is known of who derived the gradients of a function."""

    engine: str | None = None
    """The expression that asks the engine for them."""
    unproven: str | None = None
    """Why it cannot be known."""


OWN = Origin()
"""There is no engine, so they are derived."""


def reached(file: Read, start: str) -> dict[str, ast.AST]:
    """Functions of the file that a function may call, itself first, by name or as methods; and
    the statements at the top that bind what they read.
    """
    found: dict[str, ast.AST] = {}
    bound = file.bound()
    waiting = [start]
    while waiting and len(found) < MAX_REACHED:
        path = waiting.pop(0)
        at = file.find(path)
        if path in found:
            continue
        if at is None:
            if path in bound:
                found[path] = bound[path]
            continue
        found[path] = at[1]
        if isinstance(at[1], ast.ClassDef):
            found[path] = ast.Pass()  # its methods count where they are reached
            continue
        waiting += _called(at[1], path.partition(".")[0] if "." in path else None)
    return found


def called(file: Read, start: str) -> set[str]:
    """What a function and those that it reaches call by name: also what the file does not define,
    such as helpers of a module that was not handed in.
    """
    functions = reached(file, start)
    return {
        name
        for path, node in functions.items()
        for name in _called(node, path.partition(".")[0] if "." in path else None)
    } - {start}


def _called(function: ast.AST, owner: str | None) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            holder = node.value.id
            if holder in {"self", "cls"} and owner is not None:
                yield f"{owner}.{node.attr}"
            elif holder != node.attr:
                yield f"{holder}.{node.attr}"


def origin(file: Read, exercise: str, runs: int) -> Origin:
    """In a course with an engine: was it asked while the function was called?

    runs: how often it ran meanwhile, by the worker's count.
    """
    functions = reached(file, exercise)
    if runs:
        asking = ((path, _asked(node, functions)) for path, node in functions.items())
        found = (f"`{text}` in `{path}`" for path, text in asking if text)
        text = next(found, "by a way of its own")
        return Origin(engine=f"the autograd engine was asked: {text}")
    if not functions:
        return Origin(unproven="the function is not written out in the file that was handed in")
    odd = next((word for node in functions.values() for word in _odd(node)), None)
    return Origin(unproven=f"`{odd}` cannot be followed") if odd else OWN


def _asked(function: ast.AST, own: Collection[str]) -> str | None:
    """The expression by which a function asks the engine for gradients."""
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and node.attr in ENGINE:
            text = ast.unparse(node)
            if text not in own:
                return text[:80]
    return None


def _odd(node: ast.AST) -> Iterator[str]:
    """Words by which code reaches what it should not know of."""
    for part in ast.walk(node):
        name = getattr(part, "attr", None) or getattr(part, "id", None)
        if isinstance(name, str) and (name in ODD or _is_dunder(name)):
            yield name


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and name not in EVERYDAY
