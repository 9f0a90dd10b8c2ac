"""The clean room: slices of the small language evaluated on given values, and nothing else.

Runs in a child of its own, confined like any run, in which no other code of the student's ever
ran. Tensors have no `requires_grad`, so that there is no graph to ask.
"""

from __future__ import annotations

import collections
import math
import types
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import reduce
from types import CodeType
from typing import Any

import numpy as np
import torch
from safetensors.torch import load

from grader.protocol import Computed, Done, Recipe, Room, Value, decode_room
from grader.protocol.language import UNDECIDED, OutsideError, bindings, compiled
from grader.protocol.tensors import pack
from grader.worker.channel import Channel
from grader.worker.errors import explain
from grader.worker.snapshot import snapshot

MAX_DEPTH = 400
"""Values that are computed from one another; a chain as long as that is nobody's derivation."""
_MODULES = {"torch": torch, "numpy": np, "math": math, "collections": collections, "types": types}
_STANDINS: dict[str, Callable[..., Any]] = {}


class FailedError(Exception):
    """A value that cannot be computed, and why; whatever reads it cannot either."""


class Slices:
    """Computes what a `Room` asks for."""

    def __init__(self, room: Room, blob: bytes, channel: Channel, *, limit: int) -> None:
        self.room = room
        self.channel = channel
        self.limit = limit
        self.decided = False
        self.names = bindings(_found, lambda value: _holds(value, decided=self.decided))
        self.recipes: dict[int, Recipe] = {}
        self.values: dict[str, Any] = {}
        self._take(room, blob)
        self._codes: dict[int, list[tuple[CodeType, bool] | Exception]] = {}

    def go(self) -> None:
        """Answer this question and each that follows, until nobody asks any more."""
        with torch.no_grad():
            while True:
                self._answer()
                self.channel.send(Done())
                frame = self.channel.receive()
                if frame is None:
                    return
                self._take(decode_room(frame[0]), frame[1])

    def _take(self, room: Room, blob: bytes) -> None:
        self.room = room
        self.recipes |= {recipe.number: recipe for recipe in room.recipes}
        values = load(blob) if blob else {}
        self.values = {
            key: value.numpy() if key in room.arrays else value for key, value in values.items()
        }

    def _answer(self) -> None:
        """Every evaluation, one after the other, each sent when it is done."""
        networks: dict[int, dict[int, Any]] = {}
        for number, evaluation in enumerate(self.room.evaluations):
            bound = {slot: self.values[key] for slot, key in evaluation.bind.items()}
            self.decided = evaluation.decided
            asked = _Evaluation(self, bound, networks.setdefault(evaluation.network, {}))
            values: dict[str, Value] = {}
            failures: dict[str, str] = {}
            copies: dict[str, torch.Tensor] = {}
            for slot in evaluation.wanted:
                try:
                    described, copy = snapshot(asked.computed(slot), limit=self.limit)
                except Exception as error:  # noqa: BLE001 - a slice may raise anything
                    failures[slot] = _told(error)
                    continue
                values[slot] = described
                if copy is not None:
                    copies[slot] = copy
            message = Computed(evaluation=number, values=values, failures=failures)
            self.channel.send(message, pack(copies))

    def codes(self, recipe: Recipe) -> list[tuple[CodeType, bool] | Exception]:
        """A recipe's steps, compiled, and whether each may change what it reads."""
        if recipe.outside is not None:
            raise OutsideError(recipe.outside)
        if recipe.number not in self._codes:
            self._codes[recipe.number] = [_compiled(source) for source, _ in recipe.steps]
        return self._codes[recipe.number]


class _Evaluation:
    """Values under one set of bindings."""

    def __init__(self, room: Slices, bound: Mapping[str, Any], known: dict[int, Any]) -> None:
        self.room = room
        self.bound = bound
        self._shared = known
        self._known: dict[int, Any] = {}
        self._depth = 0

    def value(self, slot: str) -> Any:
        """What reads of a slot get."""
        if slot in self.bound:
            return self.bound[slot]
        if slot in self.room.room.numbers:
            return self.room.room.numbers[slot]
        return self.computed(slot)

    def computed(self, slot: str) -> Any:
        """What a recipe makes of its reads. Raises what it raises, and FailedError."""
        number, _, name = slot.partition(":")
        recipe = self.room.recipes[int(number)]
        known = self._shared if recipe.shared else self._known
        if recipe.number not in known:
            try:
                known[recipe.number] = self._run(recipe)
            except Exception as error:  # noqa: BLE001
                known[recipe.number] = error
        found = known[recipe.number]
        if isinstance(found, Exception):
            raise found
        if name not in found:
            raise FailedError(f"`{name}` is not bound")
        return found[name]

    def _run(self, recipe: Recipe) -> dict[str, Any]:
        if self._depth > MAX_DEPTH:
            raise FailedError("it is computed from too many values in turn")
        self._depth += 1
        try:
            return self._computed(recipe)
        finally:
            self._depth -= 1

    def _computed(self, recipe: Recipe) -> dict[str, Any]:
        scope = dict(self.room.names)
        for (_, reads), code in zip(recipe.steps, self.room.codes(recipe), strict=True):
            if isinstance(code, Exception):
                raise code
            for name, slot in reads.items():
                value = self.value(slot)
                scope[name] = _own(value) if code[1] else value
            exec(code[0], scope)  # noqa: S102 - of the language alone, see grader.protocol.language
        return scope


def _compiled(source: str) -> tuple[CodeType, bool] | Exception:
    try:
        return compiled(source, "<slice>"), True
    except Exception as error:  # noqa: BLE001 - what cannot be compiled fails when it is its turn
        return error


def _own(value: Any) -> Any:
    """A copy that may be changed in place."""
    if isinstance(value, torch.Tensor):
        return value.clone()
    return value if isinstance(value, int | float | str) else deepcopy(value)


def _holds(value: Any, *, decided: bool = False) -> bool:
    """A condition's value; one on a tensor would be decided by the network at hand."""
    if not decided and isinstance(value, torch.Tensor | np.ndarray):
        raise OutsideError(UNDECIDED)
    return bool(value)


def _found(path: str) -> Any:
    """The function or number of a path; None if this version has none."""
    if path in _STANDINS:
        return _STANDINS[path]
    first, *names = path.split(".")
    module: Any = _MODULES[first]
    return reduce(lambda at, name: getattr(at, name, None), names, module)


def _unfilled(*size: Any, **options: Any) -> torch.Tensor:
    """`torch.empty`: whatever is not filled afterwards is not a number."""
    shape = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
    return torch.full(shape, float("nan"), **options)


def _told(error: Exception) -> str:
    return (
        str(error) if isinstance(error, OutsideError | FailedError) else f"raises {explain(error)}"
    )


_STANDINS |= {
    "torch.empty": _unfilled,
    "torch.empty_like": lambda like, **options: torch.full_like(like, float("nan"), **options),
    "numpy.empty": lambda shape, *more, **options: np.full(shape, np.nan, *more, **options),
    "numpy.empty_like": lambda like, *more, **options: np.full_like(like, np.nan, *more, **options),
}
