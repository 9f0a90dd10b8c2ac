"""Containers that are filled under keys which only the run puts together: `grads["W" + k] = …`.

Which elements they get, the text does not tell; the run does. So each name of a gradient is
looked up in such a container once it is filled, and what is found there is a gradient like any
other: the lines that fill the container are its own.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from grader.analysis.nodes import parts

_NUMBERS = ("zeros", "ones", "empty", "full", "new_", "clone", "tensor", "array", "rand")
"""What the last words of calls begin with that make tensors and arrays."""


def filled(node: ast.stmt, makers: Collection[str] = ()) -> Iterator[str]:
    """Variables that a statement fills in this way; no tensors, whose rows are numbered.

    makers: functions that give back what they fill so.
    """
    numbers = {name for part in parts(node) for name in of_numbers(part)}
    yield from (name for name in _filled(node, makers) if name not in numbers)


def of_numbers(node: ast.AST) -> Iterator[str]:
    """Variables that an assignment makes tensors or arrays: `dE = torch.zeros_like(E)`."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        made = node.value.func
        word = made.attr if isinstance(made, ast.Attribute) else getattr(made, "id", "")
        if word.startswith(_NUMBERS):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _filled(node: ast.stmt, makers: Collection[str]) -> Iterator[str]:
    for part in parts(node):
        if isinstance(part, ast.Assign):
            for target in part.targets:
                yield from _put_into(target)
                if isinstance(target, ast.Name) and _is_made(part.value, makers):
                    yield target.id
        elif isinstance(part, ast.AugAssign):
            yield from _put_into(part.target)


def fills(function: ast.stmt) -> bool:
    """Whether a function fills a variable of its own in this way, or gives back what is made so."""
    inside = (part.value for part in parts(function) if isinstance(part, ast.Return))
    return any(filled(function)) or any(_is_made(value, ()) for value in inside)


def _put_into(target: ast.expr) -> Iterator[str]:
    """`grads` of `grads[key]`, where the key is no constant but may be text."""
    if isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from _put_into(each)
    elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        key = target.slice
        if isinstance(key, ast.JoinedStr | ast.Name) or (
            isinstance(key, ast.BinOp) and isinstance(key.op, ast.Add | ast.Mod)
        ):
            yield target.value.id


def _is_made(value: ast.expr | None, makers: Collection[str]) -> bool:
    """Whether an expression is a dictionary whose keys no text shows."""
    if isinstance(value, ast.DictComp):
        return True
    if isinstance(value, ast.Dict):
        return not all(isinstance(key, ast.Constant) for key in value.keys)
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name):
        return False
    return value.func.id in makers or (value.func.id == "dict" and bool(value.args))
