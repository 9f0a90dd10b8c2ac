"""Lists of parameters that are taken apart again and again: `C, W1, b1 = parameters`, once in the
forward pass and once on the way back. Both times the names stand for the same tensors.
"""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING, NamedTuple

from grader.analysis.statements import Statement

if TYPE_CHECKING:
    from grader.analysis.slicer import Definition, Place, Slicer

MAX_RENAMED = 8
"""Times that a list is handed on under another name."""


class _Way(NamedTuple):
    """One statement that takes a list apart."""

    statement: Statement
    names: tuple[str, ...]
    """Of its elements, from the first one on."""
    whole: bool
    """There are no more."""


class Unpacked:
    """Which statements take which list apart."""

    def __init__(self, slicer: Slicer) -> None:
        self._slicer = slicer
        self._ways: dict[int, _Way] = {}
        self._lists: dict[int, Definition | None] = {}
        """Statement → the list, as it was before it was handed on."""

    def take_in(self, statement: Statement) -> None:
        """Remember a statement, if it takes a variable apart."""
        node = statement.node
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Name)):
            return
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Tuple | ast.List):
            return
        plain = itertools.takewhile(lambda each: isinstance(each, ast.Name), target.elts)
        names = tuple(each.id for each in plain if isinstance(each, ast.Name))
        if any(name in self._slicer.keys for name in names):
            self._ways[id(statement)] = _Way(statement, names, len(names) == len(target.elts))

    def takes_apart(self, statement: Statement) -> bool:
        """Whether a statement takes a list of parameters apart."""
        return id(statement) in self._ways

    def first_of(self, name: str, statement: Statement) -> tuple[Statement, str]:
        """Where the element that a statement calls so was taken from its list first, and what it
        was called there.
        """
        way = self._ways.get(id(statement))
        if way is None or name not in way.names:
            return statement, name
        place, mine = way.names.index(name), self._list(way)
        for other in self._ways.values() if mine is not None else ():
            if len(other.names) > place and self._list(other) == mine:
                return other.statement, other.names[place]
        return statement, name

    def elements(self, container: Definition) -> list[Definition]:
        """What a list that a call handed back consists of, as those tell who take it apart."""
        first = next(container.formula.statements, None)
        made = first.assigns.get(container.name) if first is not None else None
        if not isinstance(made, ast.Call):
            return []
        way = next((w for w in self._ways.values() if w.whole and self._list(w) == container), None)
        after = way and self._slicer.after(way.statement.cell, way.statement.path)
        if way is None or after is None:
            return []
        found = [self._slicer.reaching(name, after) for name in way.names]
        return [each for each in found if each is not None]

    def _list(self, way: _Way) -> Definition | None:
        key = id(way.statement)
        if key not in self._lists:
            self._lists[key] = None  # asked for again meanwhile, it is a circle
            node = way.statement.node
            assert isinstance(node, ast.Assign)
            assert isinstance(node.value, ast.Name)
            self._lists[key] = self._origin(node.value.id, self._slicer.before(way.statement))
        return self._lists[key]

    def _origin(self, name: str, place: Place) -> Definition | None:
        found = self._slicer.reaching(name, place)
        for _ in range(MAX_RENAMED):
            renamed = found.formula.renames if found is not None else None
            further = self._slicer.reaching(*renamed) if renamed is not None else None
            if further is None:
                break
            found = further
        return found
