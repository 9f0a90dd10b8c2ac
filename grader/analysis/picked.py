"""Batches without a name: `emb = C[X[rows]]`, where `X[rows]` is what others call `Xb`.

Read again, it is the same batch as long as both variables are what they were.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from grader.analysis.nodes import parts
from grader.analysis.statements import Statement

if TYPE_CHECKING:
    from grader.analysis.slicer import Place, Slicer


class Picked:
    """Which elements of which variables go straight into the forward pass."""

    def __init__(self, slicer: Slicer, tensors: Container[str]) -> None:
        """tensors: what forward tensors are called."""
        self._slicer = slicer
        self._tensors = tensors
        self._pairs: set[tuple[str, str]] = set()

    def take_in(self, statement: Statement) -> None:
        """Remember what a line of the forward pass picks from something that is none of it."""
        if any(name in self._tensors for name in statement.assigns):
            known = self._slicer.keys
            found = _pairs(statement.node)
            self._pairs |= {each for each in found if each[0] not in known and each[1] not in known}

    def name(self, node: ast.Subscript, place: Place) -> str | None:
        """The name under which such an element is read; None for any other."""
        pair = _pair(node)
        if pair is None or pair not in self._pairs:
            return None
        known = [self._slicer.reaching(each, place) for each in pair]
        if None in known:
            return None
        return self._slicer.picked_element(pair, known, place)


def _pairs(node: ast.AST) -> Iterator[tuple[str, str]]:
    for part in parts(node):
        if isinstance(part, ast.Subscript) and (pair := _pair(part)) is not None:
            yield pair


def _pair(node: ast.Subscript) -> tuple[str, str] | None:
    """The variables of `X[rows]`, which is read."""
    of, by = node.value, node.slice
    if isinstance(of, ast.Name) and isinstance(by, ast.Name) and isinstance(node.ctx, ast.Load):
        return of.id, by.id
    return None
