"""A kernel's variables as a run would have shown them: the forward pass, and gradients.

A kernel has one value for each name, that of now. What a name held before is computed once more by
its lines where their leaves are still there; else it is `gone`, and only its step can be judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import torch

from grader.analysis.lifetime import Lifetime
from grader.analysis.slicer import Definition, Place
from grader.analysis.statements import MARK, key_of, viewed
from grader.analysis.study import Study
from grader.cleanroom.again import Again
from grader.cleanroom.networks import Networks
from grader.cleanroom.room import CleanRoom, Computed
from grader.marking.observation import Observed, Pass, Trace
from grader.protocol import RunRequest, Value
from grader.reference import Oracle
from grader.student.memory import Memory
from grader.student.value import look

MAX_CAPTURED = 200_000
"""Elements of a variable that is only perhaps an input."""
MAX_MOMENTS = 8
"""Earlier times that are looked at."""
GONE = "its value is gone: its name, the parameters or the batch have changed since"
MOVED = (
    "`{}` is not what your forward pass makes of the parameters and the batch as they are now: run "
    "the forward pass and your gradients again, one after the other"
)


class Moment:
    """The variables at one time: now, or after a cell."""

    def __init__(
        self,
        number: int,
        names: Mapping[str, object],
        study: Study,
        request: RunRequest,
        place: Place,
    ) -> None:
        """number: of its forward pass. place: where in the code it is."""
        self.number = number
        self._names = names
        self._study = study
        self._request = request
        self._place = place
        self.seen = self._pass()
        self.moved: str | None = None
        """Why no value can be judged: parameters or batch have changed since the forward pass."""
        self._told: dict[Definition, Computed] = {}

    def tell(self, again: Again, lives: Sequence[Lifetime]) -> None:
        """Find out what lines give, where all that they begin with is there."""
        wanted = list(self._tensors.values())
        wanted += [self._study.definitions[life.id] for life in lives if life.loop is None]
        leaves = {leaf for each in wanted for leaf in again.begins_with(each)}
        here = [leaf for leaf in leaves if self.holds(leaf)]
        self._told = again.compute(list(dict.fromkeys(wanted)), here)
        self.moved = next(self._changed(), None)

    def holds(self, definition: Definition) -> bool:
        """Whether a name still holds what a line gave it."""
        return self._study.slicer.reaching(definition.name, self._place) == definition

    def observed(self, order: int, life: Lifetime) -> Iterator[Observed]:
        """The value of a gradient whose leaves are there, if there is any."""
        definition = self._study.definitions[life.id]
        stands, computed = self.holds(definition), self._told.get(definition)
        value, numbers = self.look(life.name)
        if self.moved is not None:
            return
        if stands and not self._shared(life):
            yield self._seen(order, life, value, numbers)
        elif isinstance(computed, torch.Tensor):
            dtype = str(computed.dtype).removeprefix("torch.")
            kept = Value(kind="tensor", dtype=dtype, shape=list(computed.shape))
            yield self._seen(order, life, kept, computed)
            if stands:  # changed since, through another name
                yield self._seen(order, life, value, numbers, end=True)

    def unwritten(self, order: int, written: Collection[str]) -> Iterator[Observed]:
        """Gradients that stand there although no line in sight writes them."""
        for name, canonical in self._request.gradients.items():
            value, numbers = self.look(name)
            if name not in written and value.kind not in {"none", "other"}:
                yield observed(order, value, numbers, name=name, target=canonical[1:], end=True)

    def look(self, name: str, limit: int | None = None) -> tuple[Value, torch.Tensor | None]:
        """The value of a variable, or of a container's element: `P·W1` is `P["W1"]`."""
        root, _, key = name.partition(MARK)
        value: Any = self._names.get(root)
        if key:
            value = _element(value, key)
        return look(value, limit=limit or self._request.limits.tensor_elements)

    def knows(self, name: str) -> bool:
        """Whether a variable is there at all."""
        return name.partition(MARK)[0] in self._names

    def _pass(self) -> Pass:
        """The forward pass that the variables are of."""
        inputs, arrays, numbers = {}, set(), {}
        for name in (*self._request.inputs, *self._request.captures):
            named = name in self._request.inputs or MARK in name
            value, held = self.look(name, None if named else MAX_CAPTURED)
            if value.kind == "scalar" and held is not None and value.dtype in {"int", "float"}:
                numbers[name] = held.item()
            elif held is not None:
                inputs[name] = held
                arrays |= {name} if value.kind == "array" else set()
        tensors = {self._canonical(name): self.look(name)[1] for name in self._tensors}
        return Pass(
            cell=0,
            inputs=inputs,
            arrays=frozenset(arrays),
            numbers=numbers,
            tensors={name: held for name, held in tensors.items() if held is not None},
        )

    @cached_property
    def _tensors(self) -> dict[str, Definition]:
        """Forward tensors and what they hold."""
        names = [name for each in self._study.program.forwards for name in each.names]
        found = {name: self._study.slicer.reaching(name, self._place) for name in names}
        return {name: each for name, each in found.items() if each is not None}

    def _canonical(self, name: str) -> str:
        return self._request.forward.get(key_of(name), key_of(name))

    def _changed(self) -> Iterator[str]:
        """Forward tensors that are not what their lines make of the leaves."""
        for name, each in self._tensors.items():
            value, held = self._told.get(each), self.seen.tensors.get(self._canonical(name))
            if isinstance(value, torch.Tensor) and held is not None and not _same(value, held):
                yield MOVED.format(name)

    def _shared(self, life: Lifetime) -> bool:
        """Whether a later gradient began as the same tensor, and was changed in place."""
        return any(
            other.id > life.id and len(other.writes) > 1 and _begins_as(self._study, other, life)
            for other in self._study.program.lifetimes
            if other.id in self._study.definitions
        )

    def _seen(
        self,
        order: int,
        life: Lifetime,
        value: Value,
        numbers: torch.Tensor | None,
        *,
        end: bool = False,
    ) -> Observed:
        return observed(
            order, value, numbers, name=life.name, lifetime=life.id, number=self.number, end=end
        )


class KernelRun:
    """One look at a kernel, and at what is remembered of it."""

    def __init__(
        self,
        names: Mapping[str, object],
        study: Study,
        request: RunRequest,
        memory: Memory | None = None,
    ) -> None:
        self._study = study
        self._request = request
        self._memory = memory
        slicer = study.slicer
        end = Place(slicer.module, len(slicer.module.statements))
        self._now = Moment(0, names, study, request, end)
        self.moved: str | None = None
        """Why the variables of now tell nothing."""

    def trace(self, oracle: Oracle, networks: Networks, room: CleanRoom) -> Trace:
        """What a run would have shown."""
        passes: dict[int, Pass] = {}
        seen: list[Observed] = []
        left = [
            life for life in self._study.program.lifetimes if life.id in self._study.definitions
        ]
        order = {life.id: number for number, life in enumerate(left)}
        for moment in self._moments(left):
            trace = _trace({moment.number: moment.seen}, ())
            again = Again(oracle.assignment, oracle, networks, self._study, trace, room)
            mine = [life for life in left if self._there(life, moment, again)]
            if not mine and moment is not self._now:
                continue
            moment.tell(again, mine)
            passes[moment.number] = moment.seen
            for life in mine:
                found = list(moment.observed(order[life.id], life))
                seen += found
                left = [each for each in left if not found or each is not life]
        self.moved = self._now.moved
        seen += [self._gone(order[life.id], life) for life in left if self._now.knows(life.name)]
        written = {life.name for life in self._study.program.lifetimes}
        seen += self._now.unwritten(len(order), written)
        return _trace(passes, sorted(seen, key=lambda each: each.order))

    def _gone(self, order: int, life: Lifetime) -> Observed:
        gone = Value(kind="other", note=self.moved or GONE)
        return observed(order, gone, None, name=life.name, lifetime=life.id, number=-1)

    def _moments(self, left: Sequence[Lifetime]) -> Iterator[Moment]:
        """Now, and the times after earlier cells, the last first."""
        yield self._now
        cells = {life.writes[-1].cell for life in left}
        looked = 0
        for cell in sorted(cells, reverse=True):
            held = self._memory.after(cell) if self._memory is not None else None
            if held is None or looked == MAX_MOMENTS:
                continue
            looked += 1
            place = self._study.slicer.end_of_cell(cell)
            yield Moment(cell, held, self._study, self._request, place)

    def _there(self, life: Lifetime, moment: Moment, again: Again) -> bool:
        """Whether the network of a gradient is the one of a moment."""
        definition = self._study.definitions[life.id]
        return all(map(moment.holds, again.begins_with(definition) or {definition}))


def _trace(passes: dict[int, Pass], seen: Sequence[Observed]) -> Trace:
    return Trace(passes=passes, observed=list(seen), cells=[], outputs={}, notes=[], integrity=[])


def observed(
    order: int,
    value: Value,
    numbers: torch.Tensor | None,
    *,
    name: str,
    lifetime: int | None = None,
    target: str | None = None,
    number: int = 0,
    end: bool = False,
) -> Observed:
    """A value of a gradient. number: of its forward pass."""
    return Observed(
        order=order,
        name=name,
        target=target,
        lifetime=lifetime,
        occurrence=0,
        end=end,
        pass_id=number,
        cell=-1,
        value=value,
        numbers=numbers,
    )


def _begins_as(study: Study, other: Lifetime, life: Lifetime) -> bool:
    first = next(study.definitions[other.id].formula.statements, None)
    return first is not None and viewed(first.assigns.get(other.name)) == life.name


def _element(value: Any, key: str) -> Any:
    """`value["key"]`, `value[2]` or `value.key`; None where there is none."""
    try:
        if type(value) is dict:
            return value.get(key)
        return value[int(key)] if type(value) in {list, tuple} else getattr(value, key, None)
    except Exception:  # noqa: BLE001 - the student's object may do anything when looked at
        return None


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    if one.numel() != other.numel():
        return False
    one, other = one.double().flatten(), other.double().flatten()
    scale = float(other.abs().nan_to_num(0.0, 0.0, 0.0).max()) if other.numel() else 0.0
    return torch.allclose(one, other, rtol=1e-4, atol=1e-5 * scale + 1e-12, equal_nan=True)
