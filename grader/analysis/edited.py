"""Slices as they would be with other lines: what of a value's way an edit touches is made anew."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping

from grader.analysis.slicer import Definition, Formula, Member, Slicer, Step
from grader.analysis.statements import Statement


class EditedSlices:
    """The slices of one submission with some statements changed."""

    def __init__(
        self, slicer: Slicer, changed: Mapping[Statement, ast.stmt], within: Collection[Definition]
    ) -> None:
        """changed: a statement, or the definition of a function, and what stands there instead.
        within: definitions that may be touched.
        """
        self._slicer = slicer
        self._changed = {
            id(old): Statement(new, old.block, old.index, old.cell, old.path)
            for old, new in changed.items()
        }
        self._functions = {
            old.node.name for old in changed if isinstance(old.node, ast.FunctionDef | ast.ClassDef)
        }
        self._within = frozenset(within)
        self._made: dict[int, Formula] = {}

    def of(self, definition: Definition) -> Definition:
        """A definition as it would be; itself, where the edit does not touch it."""
        return Definition(definition.name, self._of(definition.formula))

    def _of(self, formula: Formula) -> Formula:
        if id(formula) not in self._made:
            self._made[id(formula)] = formula  # what is defined in terms of itself ends here
            self._made[id(formula)] = self._anew(formula)
        return self._made[id(formula)]

    def _anew(self, formula: Formula) -> Formula:
        changed = any(id(member.statement) in self._changed for member in formula.members)
        calling = any(self._calls(step) for step in formula.steps)
        members, steps = formula.members, formula.steps
        if changed or calling:
            members = [self._member(formula.name, member) for member in formula.members]
            with self._slicer.functions_as(self._changed):
                steps = tuple(self._slicer.steps(formula.name, members))
        steps = tuple(self._reading(step) for step in steps)
        same = all(new.reads == old.reads for new, old in zip(steps, formula.steps, strict=False))
        if same and not (changed or calling):
            return formula
        return Formula(self._slicer, formula.name, members, steps)

    def _calls(self, step: Step) -> bool:
        """Whether a statement runs a function that is changed."""
        return any(
            isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in self._functions
            for node in step.nodes
        )

    def _member(self, name: str, member: Member) -> Member:
        new, old = self._changed.get(id(member.statement)), member.statement
        if new is None or old is None:
            return member
        own = member.value is not None and member.value is old.assigns.get(name)
        return member._replace(statement=new, value=new.assigns.get(name) if own else member.value)

    def _reading(self, step: Step) -> Step:
        reads = {
            name: self.of(read) if read in self._within else read
            for name, read in step.reads.items()
        }
        return step._replace(reads=reads)
