"""The names of a running kernel, as one assignment spells them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import torch

from grader.assignment import Assignment
from grader.protocol import Value
from grader.protocol.gradient import gradient_name
from grader.student.value import look


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A value and the name it stood under."""

    name: str
    """The student's spelling."""
    object: object
    value: Value
    numbers: torch.Tensor | None
    """For reading only; None where there are none."""


class Namespace:
    """Reads variables by canonical names; nothing in it is ever changed."""

    def __init__(self, names: Mapping[str, object], assignment: Assignment) -> None:
        self._names = names
        self._limit = assignment.spec.limits.tensor_elements
        self._assignment = assignment
        self._gradients = _spellings(assignment.gradient_names)
        self._inputs = _spellings(assignment.input_names)
        self._tensors = _spellings(assignment.tensor_names)

    def gradient(self, target: str) -> Held | None:
        """What stands under the d-name of a target."""
        return self._held(self._gradients[gradient_name(target)])

    def tensor(self, target: str) -> Held | None:
        """What stands under the name of a forward tensor or input."""
        return self._held(self._tensors.get(target) or self._inputs.get(target, [target]))

    def inputs(self) -> dict[str, torch.Tensor]:
        """Those leaves of the forward script that have numbers."""
        return self._numbers(self._inputs)

    def forward(self) -> dict[str, torch.Tensor]:
        """Those forward tensors that have numbers, as the student computed them."""
        return self._numbers(self._tensors)

    def hold(self, name: str, value: object) -> Held:
        """A value that was handed over under a name."""
        described, numbers = look(value, limit=self._limit)
        return Held(name=name, object=value, value=described, numbers=numbers)

    def target_of(self, name: str, tensor: object) -> str | None:
        """The forward tensor or parameter that is meant: by its name, else by what it is.

        `cmp(str(tuple(p.shape)), grad, p)` names none, and its `p` is one.
        """
        known = self._assignment.tensor_names | self._assignment.input_names
        if name in known:
            return known[name]
        return next((known[other] for other in known if self._names.get(other) is tensor), None)

    def _held(self, spellings: Iterable[str]) -> Held | None:
        """The first spelling with numbers, else the first that stands for anything."""
        found = [self.hold(name, self._names[name]) for name in spellings if name in self._names]
        return next((held for held in found if held.numbers is not None), next(iter(found), None))

    def _numbers(self, table: Mapping[str, list[str]]) -> dict[str, torch.Tensor]:
        held = {canonical: self._held(spellings) for canonical, spellings in table.items()}
        return {
            canonical: each.numbers
            for canonical, each in held.items()
            if each is not None and each.numbers is not None
        }


def _spellings(names: Mapping[str, str]) -> dict[str, list[str]]:
    """Canonical name → itself and its aliases."""
    found: dict[str, list[str]] = {}
    for spelling, canonical in names.items():
        found.setdefault(canonical, []).append(spelling)
    return {canonical: sorted(each, key=canonical.__ne__) for canonical, each in found.items()}
