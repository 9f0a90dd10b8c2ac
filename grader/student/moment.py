"""The variables of a kernel at one time, as a run would have shown them: forward pass, gradients.

A kernel has one value for each name. What a name held before is computed once more by its lines,
where their leaves are still there.
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
from grader.cleanroom.room import Computed
from grader.marking.observation import Observed, Pass
from grader.protocol import RunRequest, Value
from grader.student.value import look

MAX_CAPTURED = 200_000
"""Elements of a variable that is only perhaps an input."""
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
