"""A solution's functions with mistakes and in other words: made, and held against their cards."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal

import msgspec

from grader.analysis.text import Text
from grader.assignment import Assignment
from grader.exercises.functions.alone import references
from grader.exercises.functions.oracle import FunctionOracle, Roles
from grader.proof.functions.mistakes import mistakes
from grader.proof.functions.rewrites import rewritten
from grader.proof.functions.truth import FunctionTruth, Key, Located, Place, SourcePiece, located
from grader.records.scorecard import Scorecard

FunctionFamily = Literal["mutant", "rewrite", "equivalent"]
"""mutant: a mistake; rewrite: other words; equivalent: a change that turned out to be none."""

FORWARD = "your forward pass computes"
"""What a card says where the mistake is in the value, of which the gradient is another."""
NAMELESS = {"unexplained", "none"}


class ChangedFunction(msgspec.Struct, frozen=True, kw_only=True):
    """A solution of which one function was changed."""

    id: str
    family: FunctionFamily
    kind: str
    note: str
    """The first line that is another."""
    pieces: list[SourcePiece]
    wrong: frozenset[Key]
    right: frozenset[Key]
    """What is to keep its points; of what is in neither, nothing is known."""


class FunctionVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """One card against the truth."""

    id: str
    family: FunctionFamily
    kind: str
    note: str
    marked_down: list[str]
    missed: list[str]
    localised: bool
    codes: dict[str, str]
    """Wrong gradient → the reason that was given."""
    unnamed: list[str]
    notes: list[str]


class FunctionTrial:
    """Everything that is made of one solution."""

    def __init__(self, assignment: Assignment, solution: Sequence[SourcePiece]) -> None:
        self.solution = list(solution)
        self.truth = FunctionTruth(assignment)
        self.assignment = assignment
        self.discarded: Counter[str] = Counter()
        """What became of the changes that were not graded."""
        self._texts = [Text(piece.source) for piece in solution]
        self._reached = {
            name: self.truth.reached(self.solution, name, "student")
            for name in self.truth.exercises
        }
        self._forward = {
            place
            for name, file in assignment.functions.items()
            if "own_forward" in file.roles
            for place in self.truth.reached(self.solution, name, "own_forward")
        }
        self._shapes = {
            p: each for reached in self._reached.values() for p, each in reached.items()
        }

    @cached_property
    def changes(self) -> list[tuple[Located, bool, str, str]]:
        """Function, whether it is a rewrite, kind, and the source of the whole piece."""
        return list(self._changes())

    def made(self, every: int = 1) -> Iterator[ChangedFunction]:
        """Each `every`-th change of which something is known."""
        for number, (function, rewrite, kind, source) in enumerate(self.changes[::every]):
            new = list(self.solution)
            new[function.number] = msgspec.structs.replace(new[function.number], source=source)
            yield from self._known(function, new, kind, number, rewrite=rewrite)

    def _changes(self) -> Iterator[tuple[Located, bool, str, str]]:
        for function in located(self._texts):
            if not self._counts(function):
                continue
            text, seen = self._texts[function.number], {ast.dump(function.node)}
            shapes = self._shapes.get(self._place(function), {})
            for kind, source in mistakes(text, function.node, shapes):
                tree = ast.dump(ast.parse(source))
                if tree not in seen:
                    seen.add(tree)
                    yield function, False, kind, source
            for name, source in rewritten(text, function.node):
                yield function, True, name, source

    def _counts(self, function: Located) -> bool:
        """Whether an exercise calls it on the way back."""
        if function.name in self.truth.exercises:
            return True
        place = self._place(function)
        return place not in self._forward and any(place in s for s in self._reached.values())

    def _place(self, function: Located) -> Place:
        return self.solution[function.number].place, function.line

    def _known(
        self, function: Located, new: list[SourcePiece], kind: str, number: int, *, rewrite: bool
    ) -> Iterator[ChangedFunction]:
        place = self._place(function)
        asked = [name for name, places in self._reached.items() if place in places]
        found = self.truth.of(new, asked)
        states = set(found.values())
        what = "rewrites" if rewrite else "mistakes"
        if "raises" in states or states == {"unknown"} or (rewrite and states != {"right"}):
            self.discarded[f"{what} that raise" if "raises" in states else f"{what} unclear"] += 1
            return
        every = {(n, t) for n, each in self.truth.exercises.items() for t in each.targets}
        wrong = {key for key, status in found.items() if status == "wrong"}
        elsewhere = {key for key in wrong if self._of_another(function.name, key[0])}
        unknown = {key for key, status in found.items() if status == "unknown"}
        unknown |= {key for key in elsewhere if function.name not in self._replaced(key[0])}
        yield ChangedFunction(
            id=f"{kind}-{function.name}-{number}".replace(" ", "-").replace("@", "at"),
            family="rewrite" if rewrite else "mutant" if wrong else "equivalent",
            kind=kind,
            note=_first_other(self.solution[function.number], new[function.number]),
            pieces=new,
            wrong=frozenset(wrong - elsewhere),
            right=frozenset(every - (wrong - elsewhere) - unknown),
        )

    def _of_another(self, name: str, exercise: str) -> bool:
        """Whether the fault is that of another exercise, or of a helper, and costs nothing here."""
        others = self.truth.exercises.keys() | self.assignment.functions[exercise].helpers.keys()
        return name != exercise and name in others

    def _replaced(self, exercise: str) -> set[str]:
        """Functions in whose place the assignment has a true one."""
        roles = Roles(self.assignment.functions[exercise])
        oracle = FunctionOracle(self.assignment, self.truth.exercises[exercise], roles, "")
        return set(references(oracle, self.assignment))


def function_verdict(made: ChangedFunction, card: Scorecard) -> FunctionVerdict:
    """Hold a scorecard against the truth."""
    rows = {(e.id, row.of): row for e in card.exercises for row in e.targets}
    lost = {key for key, row in rows.items() if row.score < row.max_score or row.step == "wrong"}
    codes = {
        _name(key): row.diagnosis.code if row.diagnosis else row.basis
        for key, row in rows.items()
        if key in made.wrong
    }
    if any(FORWARD in note for note in card.notes):
        codes = {name: "forward" if code in NAMELESS else code for name, code in codes.items()}
    return FunctionVerdict(
        id=made.id,
        family=made.family,
        kind=made.kind,
        note=made.note,
        marked_down=sorted(_name(key) for key in made.right if key in lost or key not in rows),
        missed=sorted(
            _name(key)
            for key in made.wrong & rows.keys()
            if key not in lost or rows[key].step == "right"
        ),
        localised=lost & (made.wrong | made.right) == made.wrong,
        codes=codes,
        unnamed=[name for name, code in codes.items() if code in NAMELESS],
        notes=sorted(note.code for note in card.integrity),
    )


def _name(key: Key) -> str:
    return f"{key[0]}:d{key[1]}"


def _first_other(old: SourcePiece, new: SourcePiece) -> str:
    pairs = zip(old.source.split("\n"), new.source.split("\n"), strict=False)
    return next((b.strip() for a, b in pairs if a != b), "")
