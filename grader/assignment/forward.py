"""The forward script: the network as plain Python that ends up with the loss under its name.

What its text tells without being run stands here: which names it may bind, and what their
statements read. Which of them are tensors with a gradient, and what each is computed from, is
found out by running it: `grader.reference.survey`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from grader.errors import AssignmentError

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_INDEXED = re.compile(r"([^\W\d]\w*)\[(\d+)\]")


class ForwardStep(msgspec.Struct, frozen=True):
    """One tensor and the names that it is computed from."""

    name: str
    reads: frozenset[str]


class ForwardScript(msgspec.Struct, frozen=True, kw_only=True):
    """The script and what is known about the order and dependence of its tensors."""

    path: str
    source: str
    steps: tuple[ForwardStep, ...]
    """In the order of their last assignment. As the text has it every name that is bound; as a
    run has shown it the tensors with a gradient alone, the loss last."""
    seen: bool = False
    """A run has shown it."""
    local: frozenset[str] = frozenset()
    """Names that are bound inside functions alone."""

    @property
    def tensors(self) -> tuple[str, ...]:
        """Assigned names in order, the loss last."""
        return tuple(step.name for step in self.steps)

    def consumers(self, name: str) -> frozenset[str]:
        """Forward tensors computed directly from `name`: its direct consumers."""
        return frozenset(step.name for step in self.steps if name in step.reads)

    def binds(self, name: str) -> bool:
        """Whether a target of this name can exist: `h`, a local name of a function, `h[2]`."""
        base = indexed(name)
        known = {*self.tensors, *self.local}
        return name in known or (base is not None and base[0] in known)


def indexed(name: str) -> tuple[str, int] | None:
    """`h[2]` as its parts: an element of a list, or what a loop bound the third time."""
    found = _INDEXED.fullmatch(name)
    return (found[1], int(found[2])) if found else None


def parse_forward(path: Path, *, inputs: frozenset[str], loss: str) -> ForwardScript:
    """Read a forward script and what its text tells.

    Raises AssignmentError where it is no Python, where nothing of it is assigned, and where an
    input or no loss is.
    """
    try:
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
    except OSError as error:
        raise AssignmentError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AssignmentError(f"{path}: is not text in UTF-8: save it as that") from error
    except SyntaxError as error:
        raise AssignmentError(f"{path}:{error.lineno}: {error.msg}") from error
    except ValueError as error:
        raise AssignmentError(f"{path}: is no Python: {error}") from error
    reads: dict[str, frozenset[str]] = {}
    for statement in tree.body:
        for name, line in _bound(statement):
            if name in inputs:
                raise AssignmentError(
                    f"{path}:{line}: `{name}` is an input of the assignment, and may not be "
                    "assigned here: take the line out, or give its result another name"
                )
            before = reads.pop(name, frozenset())  # the last assignment gives the order
            reads[name] = before | frozenset(_read(statement))
    if loss not in reads:
        raise AssignmentError(
            f"{path}: no line assigns `{loss}`: end it with `{loss} = …`, or name the loss with "
            "the key `loss` in assignment.toml"
        )
    reads[loss] = reads.pop(loss)
    steps = tuple(ForwardStep(name, names) for name, names in reads.items())
    return ForwardScript(
        path=str(path), source=source, steps=steps, local=_local(tree) - reads.keys()
    )


def _bound(statement: ast.stmt) -> Iterator[tuple[str, int]]:
    """Names that a statement binds at the top of the script, with their lines."""
    for node in _here(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno


def _here(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is in it, but for what has names of its own."""
    yield node
    if not isinstance(node, (*FUNCTIONS, *_COMPREHENSIONS)):
        for child in ast.iter_child_nodes(node):
            yield from _here(child)


def _read(statement: ast.stmt) -> Iterator[str]:
    return (
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store)
    )


def _local(tree: ast.Module) -> frozenset[str]:
    """Names that functions bind, methods among them."""
    return frozenset(
        node.id
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
