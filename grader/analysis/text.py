"""Python source that can be changed at a node and stays as it was everywhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cached_property

ATOMS = ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript | ast.List
Change = tuple[ast.AST, str]
"""A node and the source that takes its place."""


class Text:
    """A piece of source and its tree."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tree = ast.parse(source)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.source))]

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Child → parent."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """From the parent to the module."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a statement or expression stands, in characters."""
        assert isinstance(node, ast.stmt | ast.expr)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self._offset(node.lineno, node.col_offset),
            self._offset(node.end_lineno, node.end_col_offset),
        )

    def _offset(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.source)
        # The parser counts bytes.
        return start + len(self.source[start:end].encode()[:column].decode())

    def of(self, node: ast.AST) -> str:
        """A node's own source, without parentheses around it."""
        start, end = self.span(node)
        return self.source[start:end]

    def operand(self, node: ast.AST) -> str:
        """A node's source, fit to stand next to any operator."""
        return self.of(node) if isinstance(node, ATOMS) else f"({self.of(node)})"

    def replaced(self, node: ast.AST, new: str) -> str:
        """The whole source with `new` in the place of one node."""
        return splice(self.source, [self.change(node, new)])

    def change(self, node: ast.AST, new: str) -> tuple[int, int, str]:
        """The span of one node, and what takes its place there."""
        start, end = self.span(node)
        if isinstance(node, ast.expr) and self._needs_parentheses(node, new):
            new = f"({new})"
        return start, end, new

    def _needs_parentheses(self, node: ast.expr, new: str) -> bool:
        """Below an operator or an attribute an operation must be wrapped, if it is not yet."""
        start, end = self.span(node)
        wrapped = self.source[start - 1 : start] == "(" and self.source[end : end + 1] == ")"
        parent = self.parents.get(node)
        below = isinstance(parent, ast.BinOp | ast.UnaryOp | ast.Attribute)
        below |= isinstance(parent, ast.Subscript) and node is parent.value
        below |= isinstance(parent, ast.Call) and node is parent.func
        return below and not wrapped and not isinstance(ast.parse(new, mode="eval").body, ATOMS)


def names_in(node: ast.AST) -> set[str]:
    """Every variable that is read or written."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def splice(source: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """Replace spans of the source, given in characters of the original."""
    for start, end, new in sorted(edits, key=lambda edit: edit[0], reverse=True):
        source = source[:start] + new + source[end:]
    return source
