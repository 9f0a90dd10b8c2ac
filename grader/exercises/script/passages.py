"""The passages of a submission that a wrong step rests on, ready to be edited."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import Definition
from grader.analysis.statements import MARK, Statement
from grader.cleanroom.inspection import Inspection
from grader.diagnosis.edits import Proposal, Scene, Variable, is_function, proposals

MAX_PASSAGES, MAX_SOURCE = 12, 6_000
FURTHER = 3
"""Ranks by which a passage is less suspicious than the one after it."""
HEAD = "def lines():\n"
"""What a passage that is no function is put into, so that it can be looked at like one."""


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A statement at the top of a cell or in a function, or a whole function."""

    statement: Statement
    """It, or the definition of the function or of the class that holds it."""
    function: ast.FunctionDef | None
    source: str
    """Its text, as a function."""
    begins: int
    """The line of its cell in which it begins."""
    cell: int
    module: bool
    distance: int
    """How much less suspicious it is than others."""
    variables: dict[str, Variable]

    @cached_property
    def scene(self) -> Scene:
        return Scene(self.source, self.variables)

    def proposals(self) -> Iterator[Proposal]:
        """Edits of it, the likely ones first."""
        return proposals(self.scene, self.scene.statements)

    def line(self, proposal: Proposal) -> int:
        """The line of its cell in which an edit stands."""
        return self.begins + proposal.line - (1 if self.function is not None else 2)

    def text(self, line: int) -> str | None:
        """A line of it, by its number in the cell."""
        lines = self.source.split("\n")
        number = line - self.begins + (0 if self.function is not None else 1)
        return lines[number].strip() if 0 <= number < len(lines) else None

    def changed(self, proposal: Proposal) -> dict[Statement, ast.stmt] | None:
        """The statement as it would be; None where the edit makes no sense."""
        new: ast.stmt | None = None
        with suppress(SyntaxError, ValueError):
            new = self._edited(proposal)
        if new is None:
            return None
        node = self.statement.node
        if isinstance(node, ast.ClassDef):
            body = [new if part is self.function else part for part in node.body]
            new = ast.ClassDef(**(dict(ast.iter_fields(node)) | {"body": body}))
            ast.copy_location(new, node)
        return {self.statement: new}

    def _edited(self, proposal: Proposal) -> ast.stmt | None:
        text = self.scene.text
        splices = proposal.moved or [text.change(node, new) for node, new in proposal.changes]
        source = self.source
        for start, end, new in sorted(splices, reverse=True):
            source = source[:start] + new + source[end:]
        (whole,) = ast.parse(source).body
        assert isinstance(whole, ast.FunctionDef)
        if self.function is not None:
            return whole
        return whole.body[0] if len(whole.body) == 1 else None


def passages_of(inspection: Inspection, life: Lifetime, way: Sequence[Definition]) -> list[Passage]:
    """The statements on the way to a gradient and the functions that they call, those first that
    are nearest to it.
    """
    found: dict[tuple[int, int], Passage] = {}
    variables = _variables(inspection, life)
    for number, definition in enumerate(way):
        for statement, function in _suspects(inspection, definition):
            key = id(statement), id(function)
            if key in found or len(found) == MAX_PASSAGES:
                continue
            passage = _passage(inspection, statement, function, number * FURTHER, variables)
            if passage is not None:
                found[key] = passage
    return list(found.values())


def _suspects(
    inspection: Inspection, definition: Definition
) -> Iterator[tuple[Statement, ast.FunctionDef | None]]:
    """A definition's statements; functions and methods that they call, with what defines them."""
    slicer = inspection.study.slicer
    for step in definition.formula.steps:
        if step.statement is None:
            continue
        yield step.statement, None
        for node in step.nodes:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            found = slicer.reaching(node.name, slicer.before(step.statement))
            first = next(found.formula.statements, None) if found is not None else None
            if first is not None and isinstance(first.node, ast.FunctionDef):
                yield first, first.node
            elif first is not None and isinstance(first.node, ast.ClassDef):
                methods = (p for p in first.node.body if isinstance(p, ast.FunctionDef))
                yield from ((first, each) for each in methods if each.name != "__init__")


def _passage(
    inspection: Inspection,
    statement: Statement,
    function: ast.FunctionDef | None,
    distance: int,
    variables: dict[str, Variable],
) -> Passage | None:
    study, node = inspection.study, function or statement.node
    text = study.sources.get(statement.cell)
    if not isinstance(text, str) or node.end_lineno is None:
        return None
    source = textwrap.dedent("\n".join(text.split("\n")[node.lineno - 1 : node.end_lineno]))
    if function is None:
        source = HEAD + textwrap.indent(source, " ")
    if len(source) > MAX_SOURCE or not is_function(source):
        return None
    return Passage(
        statement=statement,
        function=function,
        source=source,
        begins=node.lineno,
        cell=statement.cell,
        module=study.notebook.module,
        distance=distance,
        variables=variables,
    )


def _variables(inspection: Inspection, life: Lifetime) -> dict[str, Variable]:
    """What is known of the variables of the run: the network's, and gradients."""
    during = inspection.pass_of(life)
    names = {canonical: name for name, canonical in inspection.assignment.tensor_names.items()}
    shapes = {name: tuple(value.shape) for name, value in during.inputs.items()}
    for definition, name in ((d, n) for (_, d), n in inspection.canonical.items()):
        if name in during.tensors and MARK not in definition.name:
            names[name] = definition.name
    shapes |= {names[n]: tuple(t.shape) for n, t in during.tensors.items() if n in names}
    for other in inspection.lives:
        seen = inspection.observed.get(other.id)
        if seen is not None and seen.value.shape is not None and MARK not in other.name:
            shapes[other.name] = tuple(seen.value.shape)
    found = {name: Variable(shape) for name, shape in shapes.items()}
    whole = {name: Variable((), whole=True) for name, n in during.numbers.items() if type(n) is int}
    return found | whole
