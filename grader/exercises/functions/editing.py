"""The student's functions that one exercise runs through, ready to be edited."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from msgspec.structs import replace

from grader.assignment import Assignment
from grader.diagnosis.edits import (
    Proposal,
    Scene,
    Switched,
    Variable,
    is_function,
    proposals,
    supporting,
)
from grader.exercises.functions.handed_in import AnswerFile
from grader.exercises.functions.lines import FunctionLines
from grader.exercises.functions.oracle import FunctionOracle
from grader.exercises.functions.origin import reached
from grader.exercises.functions.returned import Outcome
from grader.protocol import Edit, Editable

MAX_FUNCTIONS, MAX_SOURCE = 6, 20_000
HELPING, FORWARD = 1, 4
"""How little suspicious a function is that is called, and one of the forward pass."""
RANKS = 8
"""Of proposals, that weigh as much as one degree of suspicion."""
PLAIN = re.compile(r"[A-Za-z_]\w{0,60}(\['\w{1,60}'\]|\.\w{1,60})?")
"""Variables as proposals may write them. What a worker says of them is its word alone."""


@dataclass(frozen=True, kw_only=True)
class SourcePlace:
    """A function of the student's."""

    path: str
    source: str
    cell: int
    before: int
    """Lines before its `def`."""


@dataclass(frozen=True, kw_only=True)
class Trying:
    """An edit of one of the functions."""

    function: int
    proposal: Proposal
    cell: int
    line: int


class EditedSources:
    """Of one exercise of one file."""

    def __init__(self, handed: AnswerFile, assignment: Assignment, oracle: FunctionOracle) -> None:
        self._handed = handed
        self._assignment = assignment
        self._oracle = oracle
        self._scenes: list[Scene] = []

    @cached_property
    def functions(self) -> list[SourcePlace]:
        """The one that is called first, those that it calls, those of the forward pass; not those
        that other exercises ask for.
        """
        file, exercise = self._handed.file, self._oracle.exercise.id
        others = self._assignment.functions.keys() - {exercise}
        starts = [exercise, *self._oracle.file.forwards, *self._oracle.file.needs]
        paths = dict.fromkeys(path for start in starts for path in reached(file, start))
        found = (self._place(path) for path in paths if path not in others)
        return [each for each in found if each is not None][:MAX_FUNCTIONS]

    @cached_property
    def reached(self) -> set[str]:
        return set(reached(self._handed.file, self._oracle.exercise.id))

    def _place(self, path: str) -> SourcePlace | None:
        found = self._handed.file.find(path)
        if found is None or not isinstance(found[1], ast.FunctionDef):
            return None
        cell, node = found
        lines = self._handed.file.sources[cell].split("\n")[node.lineno - 1 : node.end_lineno]
        source = textwrap.dedent("\n".join(lines))
        if len(source) > MAX_SOURCE or not is_function(source):
            return None
        return SourcePlace(path=path, source=source, cell=cell, before=node.lineno - 1)

    def plain(self) -> list[Editable]:
        """To look at their variables."""
        return [Editable(path=each.path, source=each.source) for each in self.functions]

    def look(self, variables: Sequence[Outcome]) -> None:
        """Take note of what the variables of each function are."""
        known: list[Mapping[str, Variable]] = [dict(_described(each)) for each in variables]
        pairs = zip(self.functions, known, strict=True)
        self._scenes = [Scene(place.source, each, self._words) for place, each in pairs]

    @cached_property
    def _words(self) -> list[str]:
        """Strings with which the file compares something: names of functions, of modes."""
        compared = (
            part
            for tree in self._handed.file.trees.values()
            for node in ast.walk(tree)
            if isinstance(node, ast.Compare)
            for part in node.comparators
        )
        found = (each.value for each in compared if isinstance(each, ast.Constant))
        return list(dict.fromkeys(each for each in found if isinstance(each, str)))

    def proposed(self, wrong: Collection[str]) -> Iterator[Trying]:
        """Edits of all functions, the likely ones first.

        wrong: targets.
        """
        made: list[tuple[int, int, Trying]] = []
        for number, scene in enumerate(self._scenes):
            for suspicion, each in self._of_function(number, scene, wrong):
                made.append((each.proposal.rank + RANKS * suspicion, len(made), each))
        return (each for *_, each in sorted(made, key=lambda each: each[:2]))

    def _of_function(
        self, number: int, scene: Scene, wrong: Collection[str]
    ) -> Iterator[tuple[int, Trying]]:
        place = self.functions[number]
        suspects = dict.fromkeys(
            scene.statements, HELPING if place.path in self.reached else FORWARD
        )
        if place.path == self._oracle.exercise.id:
            suspects = self._suspects(scene, wrong)
        for each in proposals(scene, suspects):
            yield (
                suspects[each.statement],
                Trying(
                    function=number,
                    proposal=each,
                    cell=place.cell,
                    line=place.before + each.line,
                ),
            )

    def _suspects(self, scene: Scene, wrong: Collection[str]) -> dict[ast.stmt, int]:
        """Statements that something wrong rests on; the least suspicious have the greatest number:
        something right rests on them, or not all that is wrong does.
        """
        exercise = self._oracle.exercise
        lines = FunctionLines(self._handed.file, self._oracle.file, exercise.id)
        rests = {t: supporting(scene, lines.variables(t)) for t in exercise.targets}
        spoilt = [found for target, found in rests.items() if target in wrong]
        sound = [found for target, found in rests.items() if target not in wrong]
        suspects = {
            each: (not all(each in found for found in spoilt))
            + 2 * any(each in found for found in sound)
            for each in scene.statements
            if any(each in found for found in spoilt)
        }
        return suspects | {e: 0 for e in scene.statements if isinstance(e, ast.Return)}

    def edited(self, tried: Sequence[Trying]) -> tuple[list[Editable], list[Edit]]:
        """The functions with switches for these edits, and each edit."""
        switched = [
            Switched(scene, [each.proposal for each in tried if each.function == number])
            for number, scene in enumerate(self._scenes)
        ]
        editable = [
            replace(each, switched=some.source if some.numbers else "")
            for each, some in zip(self.plain(), switched, strict=True)
        ]
        return editable, [self._edit(each, switched[each.function]) for each in tried]

    def _edit(self, each: Trying, switched: Switched) -> Edit:
        proposal = each.proposal
        number = switched.numbers.get(id(proposal), 0)
        splices = proposal.moved
        if not number and proposal.changes:
            with suppress(SyntaxError):  # then there is no such edit, as the worker will see
                text = self._scenes[each.function].text
                splices = [text.change(node, new) for node, new in proposal.changes]
        return Edit(function=each.function, number=number, splices=splices)


def _described(outcome: Outcome) -> Iterator[tuple[str, Variable]]:
    for name, value in outcome.returned.values.items():
        if PLAIN.fullmatch(name):
            yield name, Variable(tuple(value.shape or ()), whole=value.dtype == "int")
