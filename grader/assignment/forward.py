"""The forward script: the network as a flat list of plain assignments, ending in the loss."""

from __future__ import annotations

import ast
from pathlib import Path

import msgspec

from grader.errors import AssignmentError


class ForwardStep(msgspec.Struct, frozen=True):
    """One statement `name = …` and the names that its right side reads."""

    name: str
    reads: frozenset[str]


class ForwardScript(msgspec.Struct, frozen=True, kw_only=True):
    """The script and what it says about the order and dependence of its tensors."""

    path: str
    source: str
    steps: tuple[ForwardStep, ...]

    @property
    def tensors(self) -> tuple[str, ...]:
        """Assigned names in order, the loss last."""
        return tuple(step.name for step in self.steps)

    def consumers(self, name: str) -> frozenset[str]:
        """Forward tensors computed directly from `name`: its direct consumers."""
        return frozenset(step.name for step in self.steps if name in step.reads)


def parse_forward(path: Path, *, inputs: frozenset[str], loss: str) -> ForwardScript:
    """Read and check a forward script.

    Raises AssignmentError for anything but imports, a docstring and assignments of
    single names, for a name that is assigned twice, and where the loss is not last.
    """
    try:
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
    except OSError as error:
        raise AssignmentError(f"{path}: cannot be read: {error.strerror}") from error
    except SyntaxError as error:
        raise AssignmentError(f"{path}:{error.lineno}: {error.msg}") from error
    steps = tuple(_step(path, node) for node in tree.body if not _is_preamble(node))
    names = [step.name for step in steps]
    for name in names:
        if names.count(name) > 1:
            raise AssignmentError(f"{path}: `{name}` is assigned twice: give each tensor its name")
        if name in inputs:
            raise AssignmentError(f"{path}: `{name}` is an input and may not be assigned")
    if not names or names[-1] != loss:
        raise AssignmentError(f"{path}: the last assignment must be `{loss} = …`")
    return ForwardScript(path=str(path), source=source, steps=steps)


def _is_preamble(node: ast.stmt) -> bool:
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or isinstance(node, ast.Import | ast.ImportFrom)


def _step(path: Path, node: ast.stmt) -> ForwardStep:
    if (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
    ):
        reads = {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
        return ForwardStep(node.targets[0].id, frozenset(reads))
    raise AssignmentError(
        f"{path}:{node.lineno}: a forward script holds imports and plain assignments "
        "`name = expression` only: write this line as one"
    )
