"""The trusted end of the clean room: recipes and values go in, values or reasons come out.

One confined child a submission, started when something is first asked. What it answers is
untrusted like every frame: it is compared, never believed.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import torch
from msgspec.structs import replace

from grader import protocol
from grader.analysis.formulas import Formulas, slot
from grader.analysis.slicer import Definition, Formula
from grader.marking.observation import tensors_of
from grader.protocol.tensors import pack
from grader.sandbox import Sandbox, Session
from grader.sandbox.closing import Closing

Computed = torch.Tensor | str
"""A value, or why there is none."""
SECONDS = 6.0
"""CPU time of one evaluation; an honest one takes some milliseconds."""
SILENT = "the clean room gave no answer"


class Question(NamedTuple):
    """Values asked for under some bindings."""

    network: str
    """What the leaves are; values that depend on no gradient are computed once for each."""
    bind: Mapping[Definition, torch.Tensor]
    wanted: Sequence[Definition]
    decided: bool = False
    """Conditions on tensors are decided by the values at hand."""


class CleanRoom(Closing):
    """Asks a child to compute definitions."""

    def __init__(self, sandbox: Sandbox, formulas: Formulas, request: protocol.RunRequest) -> None:
        self._sandbox = sandbox
        self._formulas = formulas
        self._request = replace(
            request,
            cells=[],
            entry=None,
            captures=[],
            outputs=False,
            shared=0,
            gradients={},
            files={},
            scripts={},
            limits=replace(
                request.limits,
                cell_seconds=min(SECONDS, request.limits.cell_seconds),
                total_seconds=min(3 * SECONDS, request.limits.total_seconds),
            ),
        )
        self._session: Session | None = None
        self._numbers: dict[int, Formula] = {}
        self._sources: dict[int, str] = {}
        self._steps: dict[int, list[tuple[str, dict[str, str]]]] = {}
        self._known: dict[int, protocol.Recipe] = {}
        """Recipes that the child has."""
        self.gradients: Collection[Formula] = ()
        """Formulas of gradients: what depends on none of them is shared."""
        self.values: dict[Definition, int | float | torch.Tensor] = {}
        """What the ordinary run held where a slice cannot be followed."""
        self.arrays: set[Definition] = set()
        """Definitions that are numpy arrays in the ordinary run."""
        self.failed: str | None = None

    def ask(self, questions: Sequence[Question]) -> list[dict[Definition, Computed]]:
        """Compute; a definition that is not in an answer was not asked for."""
        room, blob = self._room(questions)
        silent: list[dict[Definition, Computed]] = [
            dict.fromkeys(question.wanted, SILENT) for question in questions
        ]
        if self.failed is not None:
            return silent
        request = replace(self._request, room=room)
        if self._session is None:
            self._session = self._sandbox.open(request, blob)
            outcome = self._session.outcome
            # The session stays, and what it answered first need not.
            self._session.outcome = dataclasses.replace(outcome, events=())
        else:
            outcome = self._session.ask(room, blob)
        if outcome.status != "completed":
            self.failed = outcome.reason or outcome.status
        for event, content in outcome.events:
            if isinstance(event, protocol.Computed) and 0 <= event.evaluation < len(questions):
                wanted = {slot(each): each for each in questions[event.evaluation].wanted}
                silent[event.evaluation] |= _answer(event, content, wanted)
        return silent

    def another(self, seconds: float) -> CleanRoom:
        """A room with a child of its own that knows as much; whoever opens it closes it.

        seconds: CPU time of all its evaluations.
        """
        limits = replace(self._request.limits, cell_seconds=seconds, total_seconds=seconds)
        request = replace(self._request, limits=limits)
        room = CleanRoom(self._sandbox, self._formulas, request)
        room.gradients, room.values, room.arrays = self.gradients, self.values, self.arrays
        return room

    def close(self) -> None:
        """End the child."""
        if self._session is not None:
            self._session.close()

    def _room(self, questions: Sequence[Question]) -> tuple[protocol.Room, bytes]:
        """The question as a record, its values as a blob; only recipes that are needed and new."""
        tensors: dict[str, torch.Tensor] = {}
        keys: dict[tuple[object, ...], str] = {}
        numbers: dict[str, int | float] = {}
        needed: dict[int, Formula] = {}
        networks = {name: n for n, name in enumerate(dict.fromkeys(q.network for q in questions))}
        evaluations = []
        arrays: set[str] = set()
        reached: dict[object, list[Definition]] = {}
        for number, question in enumerate(questions):
            bind: dict[str, str] = {}
            way = (tuple(question.wanted), frozenset(question.bind))
            if way not in reached:
                reached[way] = list(self._reached(question, needed))
            for definition in reached[way]:
                value = question.bind.get(definition, self.values.get(definition))
                if isinstance(value, int | float):
                    numbers[self._slot(definition)] = value
                elif value is not None:
                    array = definition in self.arrays
                    own = f"{number}/{self._slot(definition)}"
                    key = keys.setdefault((array, *_place(value)), own)
                    bind[self._slot(definition)] = key
                    tensors[key] = value
                    if array:
                        arrays.add(key)
            wanted = [self._slot(each) for each in question.wanted]
            evaluations.append(
                protocol.Evaluation(
                    network=networks[question.network],
                    bind=bind,
                    wanted=wanted,
                    decided=question.decided,
                )
            )
        recipes = [self._recipe(formula) for formula in needed.values()]
        new = [recipe for recipe in recipes if self._known.get(recipe.number) != recipe]
        self._known |= {recipe.number: recipe for recipe in new}
        room = protocol.Room(
            recipes=new, evaluations=evaluations, numbers=numbers, arrays=sorted(arrays)
        )
        return room, pack(tensors)

    def _slot(self, definition: Definition) -> str:
        formula = definition.formula
        if self._numbers.get(formula.number) is not formula:
            formula.number = len(self._numbers)
            self._numbers[formula.number] = formula
        return slot(definition)

    def _reached(self, question: Question, needed: dict[int, Formula]) -> Iterable[Definition]:
        """Bound definitions that the wanted ones come upon; formulas that are run are noted."""
        bound = question.bind.keys() | self.values.keys()
        found: dict[Definition, None] = {}
        run = dict.fromkeys(question.wanted)
        pending = list(run)
        while pending:
            current = pending.pop()
            self._slot(current)
            needed[current.formula.number] = current.formula
            for each in current.formula.inputs():
                if each in bound:
                    found[each] = None
                elif each not in run:
                    run[each] = None
                    pending.append(each)
        return found

    def _recipe(self, formula: Formula) -> protocol.Recipe:
        if formula.number not in self._steps:
            self._steps[formula.number] = [
                (
                    "\n".join(self._source(node) for node in step.nodes),
                    {name: self._slot(read) for name, read in step.reads.items()},
                )
                for step in formula.steps
            ]
        steps = self._steps[formula.number]
        complaint = self._formulas.complaint(formula)
        if complaint is not None:
            steps = [(f"outside = {complaint!r}", {})]
        return protocol.Recipe(
            number=formula.number, steps=steps, shared=self._shared(formula), outside=complaint
        )

    def _source(self, node: ast.stmt) -> str:
        key = id(node)
        if key not in self._sources:
            self._sources[key] = ast.unparse(node)
        return self._sources[key]

    def _shared(self, formula: Formula) -> bool:
        start = Definition(formula.name, formula)
        below = self._formulas.below(start)
        return not any(each.formula in self.gradients for each in below)


def _place(value: torch.Tensor) -> tuple[object, ...]:
    """What two tensors have in common that are one, and are sent but once."""
    return value.data_ptr(), value.dtype, value.shape, value.stride()


def _answer(
    event: protocol.Computed, content: protocol.Blob, wanted: Mapping[str, Definition]
) -> dict[Definition, Computed]:
    found: dict[Definition, Computed] = {}
    try:
        tensors = tensors_of(content)
    except Exception:  # noqa: BLE001 - hostile bytes may fail in any way
        return found
    for each, definition in wanted.items():
        value = event.values.get(each)
        if each in event.failures:
            found[definition] = event.failures[each][:300]
        elif value is not None and each in tensors:
            found[definition] = tensors[each]
        elif value is not None:
            found[definition] = f"it is {value.note or value.kind}"
    return found
