"""Many edits of a function in one source, of which a switch picks one: so it is compiled once.

dx = dout @ w          →    dx = (dout @ w if SWITCH not in {1, 2} else (dout.T @ w if …))
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from grader.diagnosis.edits.scene import Proposal, Scene
from grader.protocol import SWITCH

SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return)


class Switched:
    """One function with those of its edits that can be switched."""

    def __init__(self, scene: Scene, edits: Sequence[Proposal]) -> None:
        self._scene = scene
        self._sites: dict[ast.AST, list[tuple[int, str]]] = {}
        self.numbers: dict[int, int] = {}
        """Identity of an edit → the number that picks it."""
        for each in edits:
            if each.changes and all(self._can_be(node, new) for node, new in each.changes):
                self.numbers[id(each)] = number = len(self.numbers) + 1
                for node, new in each.changes:
                    self._sites.setdefault(node, []).append((number, new))

    @property
    def source(self) -> str:
        """The function with all its switches."""
        function = self._scene.function
        assert function is not None
        start, end = self._scene.text.span(function)
        return self._rendered(function, start, end)

    def _can_be(self, node: ast.AST, new: str) -> bool:
        if isinstance(node, SIMPLE):
            return self._begins_line(node) and _parses(new, "exec")
        reads = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        plain = isinstance(node, ast.expr) and not isinstance(node, ast.Slice | ast.Starred)
        return plain and reads and _parses(new, "eval")

    def _begins_line(self, node: ast.stmt) -> bool:
        start, end = self._scene.text.span(node)
        source = self._scene.text.source
        line = source[source.rfind("\n", 0, start) + 1 : start]
        after = source[end : source.find("\n", end) if "\n" in source[end:] else len(source)]
        return not line.strip() and ";" not in after

    def _rendered(self, node: ast.AST, start: int, end: int) -> str:
        """The source from start to end, which is within a node, with the switches in it."""
        made, at = "", start
        for inner in self._below(node):
            first, last = self._scene.text.span(inner)
            made += self._scene.text.source[at:first] + self._site(inner, first, last)
            at = last
        return made + self._scene.text.source[at:end]

    def _below(self, node: ast.AST) -> list[ast.AST]:
        """The uppermost sites below a node, in the order of the source."""
        return sorted(self._uppermost(node), key=self._scene.text.span)

    def _uppermost(self, node: ast.AST) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            if child in self._sites:
                yield child
            else:
                yield from self._uppermost(child)

    def _site(self, node: ast.AST, start: int, end: int) -> str:
        original = self._rendered(node, start, end)
        others = self._sites[node]
        if isinstance(node, ast.expr):
            numbers = ", ".join(str(number) for number, _ in others)
            return f"(({original}) if {SWITCH} not in {{{numbers}}} else {_choice(others)})"
        assert isinstance(node, ast.stmt)
        indent = "\n" + " " * node.col_offset
        choices = "".join(
            f"{'el' if number else ''}if {SWITCH} == {key}: {new}{indent}"
            for number, (key, new) in enumerate(others)
        )
        return f"{choices}else:{indent} {original}"


def _choice(others: Sequence[tuple[int, str]]) -> str:
    """As a tree: in a chain, Python would nest too deep."""
    if len(others) == 1:
        return f"({others[0][1]})"
    half = len(others) // 2
    first, second = _choice(others[:half]), _choice(others[half:])
    return f"({first} if {SWITCH} < {others[half][0]} else {second})"


def _parses(source: str, mode: str) -> bool:
    try:
        ast.parse(source, mode=mode)
    except SyntaxError:
        return False
    return "\n" not in source or mode == "eval"
