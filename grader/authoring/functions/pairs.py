"""Pairs of functions in a module: `affine_forward` and `affine_backward`, and what is left."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import msgspec

from grader.authoring.fault import DraftError


class Pair(msgspec.Struct, frozen=True):
    """A forward function, and the one that goes back through it."""

    stem: str
    forward: ast.FunctionDef
    backward: ast.FunctionDef

    @property
    def arguments(self) -> list[str]:
        """Of the forward function, those that a call has to give."""
        arguments = self.forward.args
        every = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        return every[: len(every) - len(arguments.defaults)]

    @property
    def returned(self) -> list[str]:
        """Names that the backward function returns, as far as they are names."""
        returns = [n for n in ast.walk(self.backward) if isinstance(n, ast.Return)]
        value = returns[-1].value if returns else None
        each = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
        return [part.id if isinstance(part, ast.Name) else "" for part in each]

    @property
    def title(self) -> str:
        """What the forward function says of itself in its first line, else its name."""
        text = (ast.get_docstring(self.forward) or "").strip().partition("\n")[0]
        text = "" if "(" in text else text  # that is about its arguments
        return text.rstrip(".") or self.stem.replace("_", " ").capitalize()


def parsed(source: str) -> ast.Module:
    """The module as a tree. Raises DraftError."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise DraftError(f"it is no Python: {error}") from error


def pairs(tree: ast.Module) -> list[Pair]:
    """All pairs, in the order of their forward functions. Raises DraftError where there is none."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found = [
        Pair(stem, functions[name], functions[back])
        for name in functions
        for stem, back in _partners(name)
        if back in functions
    ]
    if not found:
        raise DraftError(
            "it has no pair of functions called like `affine_forward` and `affine_backward`"
        )
    return found


def unpaired(tree: ast.Module, found: list[Pair]) -> list[str]:
    """Functions with a gradient in their name or in what they return, of which no pair is made."""
    known = {name for pair in found for name in (pair.forward.name, pair.backward.name)}
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and node.name not in known
        and (re.search(r"backward|grad", node.name) or _returns_gradient(node))
    ]


def _partners(name: str) -> Iterator[tuple[str, str]]:
    if name.endswith("_forward"):
        yield name.removesuffix("_forward"), f"{name.removesuffix('_forward')}_backward"
    elif name.startswith("forward_"):
        yield name.removeprefix("forward_"), f"backward_{name.removeprefix('forward_')}"
    elif not name.endswith("_backward"):
        yield name, f"{name}_backward"


def _returns_gradient(node: ast.FunctionDef) -> bool:
    returns = [n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value is not None]
    names = {n.id for value in returns for n in ast.walk(value) if isinstance(n, ast.Name)}
    arguments = {each.arg for each in node.args.args}
    return any(name.startswith("d") and name[1:] in arguments for name in names)
