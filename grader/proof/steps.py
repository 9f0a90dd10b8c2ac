"""The steps of a solution: which statements of which cell make up which gradient."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec

from grader.analysis.text import Text, names_in, splice
from grader.assignment import Assignment

Edit = tuple[int, int, int, str]
"""Cell, start and end in characters, new source."""
NEW_CELL = "\n# (new cell)\n"
"""In the source of a cell: what follows goes into a cell of its own."""


class SolutionStatement(msgspec.Struct, frozen=True):
    """One statement of an answer cell, loops with all they contain."""

    cell: int
    line: int
    start: int
    end: int
    column: int
    """Its indentation; 0 at the top level of the cell."""
    text: Text
    """Its source without indentation."""

    def edit(self, new: str) -> Edit:
        """The edit that puts `new`, not indented, in its place."""
        indented = textwrap.indent(new, " " * self.column).lstrip(" ")
        return (self.cell, self.start, self.end, indented)

    def reads(self) -> set[str]:
        """All variables that occur in it."""
        return names_in(self.text.tree)


class SolutionStep(msgspec.Struct, frozen=True, kw_only=True):
    """All statements that make up one gradient of one exercise."""

    exercise: str
    target: str
    name: str
    """The variable, `dlogprobs`."""
    statements: tuple[SolutionStatement, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(statement.text.source for statement in self.statements)

    def edits(self, sources: tuple[str, ...]) -> list[Edit]:
        """The edits that put these sources in the place of its statements."""
        return [
            statement.edit(new)
            for statement, new in zip(self.statements, sources, strict=True)
            if new != statement.text.source
        ]


class Solution:
    """A solution notebook: its sources, its exercises, its steps."""

    def __init__(self, notebook: dict[str, Any], assignment: Assignment) -> None:
        self.notebook = notebook
        self.assignment = assignment
        self.sources = {
            index: _joined(cell["source"])
            for index, cell in enumerate(notebook["cells"])
            if cell["cell_type"] == "code"
        }
        self.cells: dict[str, list[int]] = {
            exercise.id: [
                index
                for index in self.sources
                if exercise.id in notebook["cells"][index]["metadata"].get("tags", ())
            ]
            for exercise in assignment.spec.exercises
        }
        self.steps = [step for exercise in self.cells for step in self._steps(exercise)]

    def of_exercise(self, exercise: str) -> list[SolutionStep]:
        """Steps of one exercise, in their order."""
        return [step for step in self.steps if step.exercise == exercise]

    def edited(self, edits: list[Edit]) -> dict[int, str]:
        """Sources of the cells that change."""
        return {
            cell: splice(self.sources[cell], [edit[1:] for edit in edits if edit[0] == cell])
            for cell in sorted({edit[0] for edit in edits})
        }

    def with_cells(self, sources: dict[int, str]) -> dict[str, Any]:
        """The notebook with other sources in some cells."""
        cells = [
            part
            for index, cell in enumerate(self.notebook["cells"])
            for part in (_cells(cell, sources[index]) if index in sources else [cell])
        ]
        return {**self.notebook, "cells": cells}

    def _steps(self, exercise: str) -> list[SolutionStep]:
        found: dict[str, list[SolutionStatement]] = {}
        for cell in self.cells[exercise]:
            text = Text(self.sources[cell])
            for node, name in self._writes(text.tree.body):
                found.setdefault(name, []).append(_statement(cell, text, node))
        names = self.assignment.gradient_names
        return [
            SolutionStep(
                exercise=exercise, target=names[name][1:], name=name, statements=tuple(statements)
            )
            for name, statements in found.items()
        ]

    def _writes(self, body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
        """Statements that write a gradient; blocks that write several are entered."""
        for node in body:
            names = {name for part in ast.walk(node) for name in self._written(part)}
            inner = getattr(node, "body", None)
            if len(names) == 1:
                yield node, names.pop()
            elif names and inner is not None:
                yield from self._writes(inner)

    def _written(self, node: ast.AST) -> Iterator[str]:
        """Gradients that one node writes, in-place methods included."""
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign) and not _is_none(node.value):
            targets = node.targets
        elif isinstance(node, ast.AugAssign):
            targets = [node.target]
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr.endswith("_")
        ):
            targets = [node.func.value]
        for target in targets:
            base = target.value if isinstance(target, ast.Subscript) else target
            if isinstance(base, ast.Name) and base.id in self.assignment.gradient_names:
                yield base.id


def _cells(cell: dict[str, Any], source: str) -> Iterator[dict[str, Any]]:
    for number, part in enumerate(source.split(NEW_CELL)):
        name = {"id": f"{cell['id']}-{number}"} if number and "id" in cell else {}
        yield {**cell, **name, "source": part.splitlines(keepends=True), "outputs": []}


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _statement(cell: int, text: Text, node: ast.stmt) -> SolutionStatement:
    start, end = text.span(node)
    indented = " " * node.col_offset + text.source[start:end]
    return SolutionStatement(
        cell=cell,
        line=node.lineno,
        start=start,
        end=end,
        column=node.col_offset,
        text=Text(textwrap.dedent(indented)),
    )
