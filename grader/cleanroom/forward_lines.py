"""The student's forward lines on fresh networks: which tensor of forward.py each is, and where the
first deviates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import torch

from grader.analysis.lifetime import Lifetime, Site
from grader.analysis.slicer import Definition
from grader.analysis.statements import MARK, key_of
from grader.cleanroom.findings import Slip
from grader.cleanroom.memory import outline
from grader.cleanroom.networks import Draw
from grader.cleanroom.portions import portions
from grader.cleanroom.readings import agrees
from grader.cleanroom.room import SILENT, Computed, Question
from grader.cleanroom.unnamed import Unnamed
from grader.cleanroom.wiring import Wiring
from grader.marking.comparison import squeezed

MAX_FULL = 4_000_000
"""Elements of gradients up to which what they are from the leaves up is kept for what comes later;
where there are more it is asked for again.
"""


class Asking(NamedTuple):
    """What is asked for together."""

    network: str
    wiring: Wiring
    lives: Sequence[Lifetime]
    all_lives: Sequence[Lifetime]
    """Of the network."""
    forward: Sequence[Definition]
    elements: int


class ForwardLines(Unnamed):
    """Holds the forward pass of each network against forward.py, and computes every gradient from
    the leaves up.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.full: dict[int, list[Computed]] = {}
        """Lifetime → its value on each draw, all upstream computed by its own lines; as long as
        they are few.
        """
        self._few = True
        self.fitting: dict[int, list[str]] = {}
        """Lifetime whose name does not tell → targets whose gradient it equals."""
        self.nothing: set[int] = set()
        """Lifetimes that are zero on every draw."""
        self.forward: dict[tuple[Wiring, Definition], list[Computed]] = {}
        """The same of forward tensors: of those that have several elements the shapes alone."""
        self.canonical: dict[tuple[Wiring, Definition], str] = {}
        """The student's forward tensor → the one of forward.py that it equals."""
        self.slips: dict[Wiring, list[Slip]] = {}

    def _compute_full(self) -> None:
        """Every gradient from the leaves up, and the forward tensors below it. Each is looked at as
        it comes; of what is large nothing is kept.
        """
        self._few = sum(map(self._elements, self.lives)) <= MAX_FULL
        for portion in portions(self._askings(), lambda asking: asking.elements):
            self._compute(portion)
            for asking in portion:
                self._look_at(asking)
                for draw in self.draws_of(asking.lives[0]):
                    draw.rest()

    def _compute(self, portion: Sequence[Asking]) -> None:
        asked = [(asking, question) for asking in portion for question in self._questions(asking)]
        answers = self.room.ask([question for _, question in asked]) if asked else []
        for (asking, _), answer in zip(asked, answers, strict=True):
            for life in asking.lives:
                value = answer.get(self.study.definitions[life.id], SILENT)
                self.full.setdefault(life.id, []).append(value)
            for each in asking.forward:
                computed = answer.get(each, SILENT)
                self.forward.setdefault((asking.wiring, each), []).append(computed)

    def _askings(self) -> Iterator[Asking]:
        """Gradients of one network that are asked for together; its forward pass with the first."""
        for number, (wiring, lives) in enumerate(self._groups().items()):
            forward, draws = self._forward_definitions(lives), self.draws_of(lives[0])
            beside = draws[0].elements if draws else 0
            for some in portions(lives, self._elements):
                elements = beside + sum(map(self._elements, some))
                yield Asking(f"{number}", wiring, some, lives, forward, elements)
                forward, beside = [], 0

    def _questions(self, asking: Asking) -> Iterator[Question]:
        first = asking.lives[0]
        wanted = [*(self.study.definitions[life.id] for life in asking.lives), *asking.forward]
        for which, draw in enumerate(self.draws_of(first)):
            lives = asking.all_lives if asking.forward else asking.lives
            bound = self._bindings(asking.wiring, draw, self._pass(first), lives)
            yield Question(f"{asking.network} {which}", bound, wanted)

    def _look_at(self, asking: Asking) -> None:
        """Which tensors and gradients of forward.py these are."""
        draws = self.draws_of(asking.lives[0])
        for each in asking.forward:
            values = self.forward.get((asking.wiring, each), [])
            self._call(asking.wiring, each, self._by_value(values, draws, each))
            self.forward[asking.wiring, each] = [_outline(value) for value in values]
        for life in asking.lives:
            values, each = self.full.get(life.id, []), self.study.definitions[life.id]
            if life.target is None:  # under a name that says nothing: perhaps no gradient
                self._call(asking.wiring, each, self._by_value(values, draws, each))
            if not life.sure:
                self.fitting[life.id] = self._fitting(life, values)
            if all(isinstance(value, torch.Tensor) and not value.any() for value in values or "?"):
                self.nothing.add(life.id)
            if not self._few:
                self.full.pop(life.id, None)

    def _call(self, wiring: Wiring, definition: Definition, name: str | None) -> None:
        if name is not None:
            self.canonical[wiring, definition] = name

    def _elements(self, life: Lifetime) -> int:
        """Of its value, as far as it is known."""
        seen = self.observed.get(life.id)
        return seen.numbers.numel() if seen is not None and seen.numbers is not None else 0

    def _fitting(self, life: Lifetime, values: Sequence[Computed]) -> list[str]:
        """Targets whose gradient a lifetime equals on every draw; none that are zero."""
        draws = self.draws_of(life)
        if not draws or len(values) != len(draws):
            return []
        zeros = self._zeros(life)
        return [
            target
            for target in self.assignment.targets
            if target not in zeros
            and all(
                agrees(value, draw.network.gradients[target], self.tolerance)
                for value, draw in zip(values, draws, strict=True)
            )
        ]

    def _forward_definitions(self, lives: Iterable[Lifetime]) -> list[Definition]:
        """Tensors of the forward pass that gradients are computed from, from the leaves on.

        What stands under a name that says nothing, `z1` or `dz1`, may be one or the other.
        """
        found: dict[Definition, None] = {}
        gradients = {each for each, life in self._of.items() if life.target is not None}

        def of_gradients(each: Definition) -> bool:
            """`d["std"] = dz * noise` is kept under a tensor's name, and is its gradient."""
            return MARK in each.name and not gradients.isdisjoint(self.formulas.below(each))

        for life in lives:
            start = self.study.definitions[life.id]
            for each in self.formulas.below(start):
                if (
                    each != start
                    and key_of(each.name) not in self.assignment.input_names
                    and self.formulas.leaf(each) is None
                    and each not in gradients
                    and self.formulas.rests_on_leaf(each)
                    and not of_gradients(each)
                ):
                    found.setdefault(each)
            for loss in list(self.wirings.losses(self.wirings.place(life)))[:1]:
                found.setdefault(loss)
        return list(found)

    def _hold_forward(self) -> None:
        """Where the first of the student's forward tensors is none of forward.py's."""
        for wiring, lives in self._groups().items():
            draws = self.draws_of(lives[0])
            forward = self._forward_definitions(lives)
            self.slips[wiring] = list(self._slips(wiring, forward, draws))

    def _by_value(
        self, values: Sequence[Computed], draws: Sequence[Draw], definition: Definition
    ) -> str | None:
        """The tensor of forward.py with these values on every draw, the one of that name first."""
        if not draws or len(values) != len(draws):
            return None
        named = self.assignment.tensor_names.get(key_of(definition.name))
        names = [named] if named else []
        names += [name for name in self.assignment.forward.tensors if name != named]
        for name in names:
            if all(
                name in draw.network.tensors
                and agrees(value, draw.network.tensors[name], self.tolerance)
                for value, draw in zip(values, draws, strict=True)
            ):
                return name
        return None

    def _slips(
        self, wiring: Wiring, forward: Sequence[Definition], draws: Sequence[Draw]
    ) -> Iterable[Slip]:
        """Lines whose tensor deviates although what they read does not."""
        for each in forward:
            named = self._named_tensor(each, forward)
            values = self.forward.get((wiring, each), [])
            if named is None or (wiring, each) in self.canonical or not draws:
                continue
            if any(isinstance(value, str) for value in values) or not self._belongs(wiring, each):
                continue
            if any(self._deviates(wiring, b, each, forward) for b in each.formula.inputs()):
                continue
            factor = None
            if named == self.assignment.spec.loss:
                factor = _factor(values, [draw.network.tensors[named] for draw in draws])
            elif squeezed(list(values[0].shape)) != squeezed(  # type: ignore[union-attr]
                list(draws[0].network.tensors[named].shape)
            ):
                continue  # a variable of that name, not the network's tensor
            statement = next(each.formula.statements, None)
            site = None
            if statement is not None:
                line = statement.node.lineno
                site = Site(cell=statement.cell, path=statement.path, line=line, end_line=line)
            yield Slip(tensor=named, name=each.name, site=site, factor=factor)

    def _belongs(self, wiring: Wiring, definition: Definition) -> bool:
        """Whether a tensor rests on the leaves of this network alone; a `loss` of a toy that was
        tried out in between rests on none.
        """
        own = {leaf for leaves in self.formulas.leaves(definition).values() for leaf in leaves}
        return bool(own) and own <= {leaf for _, leaf in wiring}

    def _named_tensor(self, definition: Definition, forward: Sequence[Definition]) -> str | None:
        """The tensor of forward.py whose name a definition has; None for what a loop goes on
        from: the hidden state before the first step.
        """
        named = self.assignment.tensor_names.get(key_of(definition.name))
        if named is None:
            return None
        return None if self.formulas.goes_on(definition, forward) else named

    def _deviates(
        self,
        wiring: Wiring,
        definition: Definition,
        above: Definition,
        forward: Sequence[Definition],
    ) -> bool:
        """Whether a tensor, or what it rests on, is none of forward.py's."""
        if definition == above or (wiring, definition) in self.canonical:
            return False
        if self.formulas.leaf(definition) is not None or not self.formulas.rests_on_leaf(
            definition
        ):
            return False
        if self._named_tensor(definition, forward) is not None:
            return True
        return any(
            self._deviates(wiring, below, definition, forward)
            for below in definition.formula.inputs()
        )


def _factor(values: Sequence[Any], expected: Sequence[torch.Tensor]) -> float | None:
    """The one number by which all values are off; None if it is none."""
    ratios = [
        float(value) / float(wanted)
        for value, wanted in zip(values, expected, strict=True)
        if isinstance(value, torch.Tensor) and value.numel() == 1 and float(wanted)
    ]
    if len(ratios) != len(values) or not ratios or not ratios[0]:
        return None
    return ratios[0] if all(abs(r - ratios[0]) <= 1e-4 * abs(ratios[0]) for r in ratios) else None


def _outline(value: Computed) -> Computed:
    """A tensor's shape, without its numbers unless it is one."""
    if isinstance(value, str):
        return value
    return value.clone() if value.numel() <= 1 else outline(value)
