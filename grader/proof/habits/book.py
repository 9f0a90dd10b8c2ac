"""A notebook that can be changed cell by cell, and its answers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from grader.analysis.text import Text
from grader.assignment import Assignment

Cell = dict[str, Any]


class Page(msgspec.Struct):
    """One cell of a notebook that is being changed."""

    kind: str
    source: str
    tags: tuple[str, ...] = ()
    origin: Cell | None = None
    """The cell as it was; None for one that was added."""
    odd: bool = False
    """Not plain Python by intention: magics, an unfinished line, an indented cell."""

    @property
    def changed(self) -> bool:
        return self.origin is None or "".join(self.origin["source"]) != self.source

    def written(self, number: int) -> dict[str, Any]:
        """The cell as nbformat has it."""
        if self.origin is not None and not self.changed:
            return self.origin
        base = self.origin or {"cell_type": self.kind, "id": f"added-{number}", "metadata": {}}
        code: Cell = {"outputs": [], "execution_count": None} if self.kind == "code" else {}
        return {**base, **code, "source": self.source.splitlines(keepends=True)}


class Book:
    """A notebook's cells with the places that habits ask for."""

    def __init__(self, notebook: dict[str, Any], assignment: Assignment) -> None:
        self.notebook, self.assignment = notebook, assignment
        self.pages = [
            Page(
                cell["cell_type"],
                "".join(cell["source"]),
                tuple(cell["metadata"].get("tags", ())),
                cell,
            )
            for cell in notebook["cells"]
        ]
        self.exercises = [exercise.id for exercise in assignment.spec.exercises]

    def written(self) -> dict[str, Any]:
        """The notebook as it is now; cells that were not changed are shared."""
        return {**self.notebook, "cells": [p.written(i) for i, p in enumerate(self.pages)]}

    @property
    def code(self) -> list[Page]:
        return [page for page in self.pages if page.kind == "code"]

    def answers(self, exercise: str) -> list[Page]:
        """The cells of one exercise that hold something."""
        return [page for page in self.pages if exercise in page.tags and page.source.strip()]

    def derivation(self) -> list[Page]:
        """The answers of all exercises but the training."""
        training = {e.id for e in self.assignment.spec.exercises if e.training}
        return [
            page
            for exercise in self.exercises
            if exercise not in training
            for page in self.answers(exercise)
        ]

    def trainings(self) -> list[Page]:
        """The cells with a training loop; an assignment need not have one."""
        training = [e.id for e in self.assignment.spec.exercises if e.training]
        return [page for exercise in training for page in self.answers(exercise)]

    def training(self) -> Page:
        """The first of them. Raises LookupError where there is none."""
        for page in self.trainings():
            return page
        raise LookupError("training")

    def holding(self, text: str) -> Page:
        """The first code cell with some text in it. Raises LookupError."""
        for page in self.code:
            if text in page.source:
                return page
        raise LookupError(text)

    def insert(self, source: str, *, after: Page | None = None, before: Page | None = None) -> Page:
        """A new code cell next to another."""
        page = Page("code", source)
        place = after or before
        assert place is not None
        # By identity: two cells may be equal.
        at = next(i for i, other in enumerate(self.pages) if other is place)
        self.pages.insert(at + (after is not None), page)
        return page

    def has_word(self, name: str) -> bool:
        """Whether any code cell speaks of a name, be it in a comment."""
        word = re.compile(rf"\b{name}\b")
        return any(word.search(page.source) for page in self.code)

    def is_gradient(self, node: ast.AST) -> bool:
        """Whether a node is a gradient's variable."""
        return isinstance(node, ast.Name) and node.id in self.assignment.gradient_names

    def target_of(self, name: str) -> str:
        """The forward tensor of a gradient's variable."""
        return self.assignment.gradient_names[name][1:]


def simple_statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements in their order, blocks entered, functions and classes left out."""
    for node in body:
        inner = [getattr(node, field, []) for field in ("body", "orelse", "finalbody")]
        if isinstance(node, ast.FunctionDef | ast.ClassDef) or not any(inner):
            yield node
            continue
        for part in inner:
            yield from simple_statements(part)


def alone(text: Text, node: ast.AST) -> bool:
    """Whether a statement has its lines for itself, but for a comment."""
    start, end = text.span(node)
    before = text.source[:start].rpartition("\n")[2]
    after = text.source[end:].partition("\n")[0].strip()
    return not before.strip() and (not after or after.startswith("#"))
