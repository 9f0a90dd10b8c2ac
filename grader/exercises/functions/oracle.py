"""The truth of one exercise's cases: autograd in float64 on the exercise's own forward."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property
from types import ModuleType
from typing import Any

import msgspec
import numpy as np
import torch

from grader.assignment import Assignment, Exercise, FunctionFile
from grader.errors import AssignmentError
from grader.exercises.functions.draw import Array, Drawing
from grader.exercises.functions.ways import WaysBack

DIRECTIONS = 6
"""In which an argument is moved for central differences."""
Gradients = dict[str, list[torch.Tensor]]
"""Target → every reading of its gradient that is accepted."""


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What is right in one case, for one variant of the forward pass."""

    outputs: dict[str, torch.Tensor]
    """Key of the forward value, "" for a single one → its value."""
    gradients: Gradients
    leaves: dict[str, torch.Tensor]
    """Float arguments as they were."""


class Roles:
    """The trusted functions of an exercise file, which is the instructor's own code."""

    def __init__(self, file: FunctionFile) -> None:
        self.file = file
        module = ModuleType("exercise")
        try:
            exec(compile(file.source, file.path, "exec", dont_inherit=True), vars(module))  # noqa: S102
        except Exception as error:
            raise AssignmentError(f"{file.path}: cannot be run: {error}") from error
        self._names = vars(module)

    @property
    def variants(self) -> list[dict[str, Any]]:
        """Keywords of `forward` for each accepted form of the forward pass."""
        return list(self._names.get("variants") or [{}])

    def call(self, role: str, arguments: Mapping[str, Any], *first: Any, **more: Any) -> Any:
        """Call a role with those of `arguments` that it takes. Raises AssignmentError."""
        takes = self.file.parameters[role]
        given = {name: value for name, value in arguments.items() if name in takes}
        try:
            return self._names[role](*first, **given, **more)
        except Exception as error:
            raise AssignmentError(
                f"{self.file.path}: {role}: raises {type(error).__name__}: {error}"
            ) from error


class FunctionOracle:
    """Draws the cases of one exercise, and knows their truth."""

    def __init__(self, assignment: Assignment, exercise: Exercise, roles: Roles, salt: str) -> None:
        """salt: what the draws depend on, besides the assignment: the submission."""
        self.exercise = exercise
        self.file = roles.file
        self.count = assignment.spec.functions.cases
        self._assignment, self._roles, self._own = assignment, roles, salt
        self._salt = f"{assignment.digest} {exercise.id} {salt}"
        self.variants = len(roles.variants)
        self.cases = [Probe(self, roles, number) for number in range(self.count)]

    def drawn_anew(self, salt: str) -> FunctionOracle:
        """The same exercise with other draws."""
        return FunctionOracle(self._assignment, self.exercise, self._roles, f"{self._own} {salt}")

    def seed(self, number: int) -> int:
        digest = hashlib.blake2b(f"{self._salt} {number}".encode(), digest_size=7).digest()
        return int.from_bytes(digest, "big")


class Probe:
    """One draw of the arguments."""

    def __init__(self, oracle: FunctionOracle, roles: Roles, number: int) -> None:
        self._oracle = oracle
        self._roles = roles
        self.number = number
        self._truths: dict[int, Truth] = {}
        self._backs: dict[int, tuple[WaysBack, dict[str, Any]]] = {}

    @cached_property
    def arguments(self) -> dict[str, Any]:
        """What `inputs` gives: arrays, and constants of any kind."""
        oracle = self._oracle
        draw = Drawing(oracle.seed(self.number), self.number, last=self.number == oracle.count - 1)
        given = self._roles.call("inputs", {}, draw)
        if not isinstance(given, dict):
            raise AssignmentError(f"{oracle.file.path}: inputs: returns no dict")
        found: dict[str, Any] = plain(given)
        return found

    @cached_property
    def cotangents(self) -> dict[str, Array]:
        """Key of the forward value → cotangent that the student's function is given."""
        random = np.random.default_rng(self._oracle.seed(self.number + 1000))
        takes = self._oracle.file.parameters["student"]
        return {
            key: random.standard_normal(tuple(value.shape))
            for key, value in self.truth(0).outputs.items()
            if cotangent_name(key) in takes
        }

    @cached_property
    def directions(self) -> dict[str, Array]:
        """Target → directions, along the first axis, in which it is moved."""
        random = np.random.default_rng(self._oracle.seed(self.number + 2000))
        return {
            target: random.standard_normal((DIRECTIONS, *leaf.shape))
            for target, leaf in self.truth(0).leaves.items()
        }

    def scales(self, target: str) -> list[torch.Tensor]:
        """What the course's convention multiplies each element of a gradient with, for each
        reading; where it does something else, this is of another shape or is not met by anything.
        """
        _, leaves, inputs = self._forward(0)
        ones = {name: torch.ones_like(leaf) for name, leaf in leaves.items()}
        return self.taught(ones, inputs)[target]

    def truth(self, variant: int) -> Truth:
        """Value and gradients of a variant, computed once."""
        if variant not in self._truths:
            outputs, leaves, inputs = self._forward(variant)
            self._truths[variant] = Truth(outputs=outputs, gradients={}, leaves=leaves)
            total = self._total(outputs)
            true = self._gradients(total, leaves)
            self._truths[variant] = Truth(
                outputs={key: value.detach() for key, value in outputs.items()},
                gradients=self.taught(true, inputs),
                leaves=leaves,
            )
        return self._truths[variant]

    def ways_back(self, variant: int) -> tuple[WaysBack, dict[str, Any]]:
        """The graph of a forward pass of its own, and its inputs for `taught`.

        One for all targets: a search for the reason of one is no work for the next.
        """
        if variant not in self._backs:
            outputs, leaves, inputs = self._forward(variant)
            arrays = {n: v for n, v in inputs.items() if isinstance(v, torch.Tensor)}
            back = WaysBack(outputs, self._weights(outputs), leaves, arrays)
            self._backs[variant] = back, inputs
        return self._backs[variant]

    def _forward(
        self, variant: int
    ) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor], dict[str, Any]]:
        targets, leaves = self._oracle.exercise.targets, dict[str, torch.Tensor]()

        def tensor(value: Any, name: str = "") -> Any:
            if isinstance(value, dict):
                return {key: tensor(each) for key, each in value.items()}
            if isinstance(value, list | tuple):
                return type(value)(tensor(each) for each in value)
            if not isinstance(value, np.ndarray):
                return value
            made = torch.from_numpy(value.copy())
            if made.is_floating_point() and name in targets:
                leaves[name] = made.requires_grad_()
            return made

        inputs = {name: tensor(value, name) for name, value in self.arguments.items()}
        path = self._oracle.file.path
        if missing := [name for name in targets if name not in leaves]:
            raise AssignmentError(
                f"{path}: inputs: returns no float array `{missing[0]}`, which is a target"
            )
        result = self._roles.call("forward", inputs, **self._roles.variants[variant])
        outputs = result if isinstance(result, dict) else {"": result}
        for key, value in outputs.items():
            if not isinstance(value, torch.Tensor):
                raise AssignmentError(f"{path}: forward: returns no tensor{key and f' `{key}`'}")
        return outputs, leaves, inputs

    def _total(self, outputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """What is differentiated: outputs times their cotangents, the loss times one."""
        total = torch.zeros((), dtype=torch.float64)
        for key, weight in self._weights(outputs).items():
            total = total + (outputs[key] * weight).sum()
        return total

    def weights(self) -> dict[str, torch.Tensor]:
        """Key of the forward value → what it is weighed with: its cotangent, 1 for the loss."""
        return self._weights(self.truth(0).outputs)

    def _weights(self, outputs: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        takes = self._oracle.file.parameters["student"]
        given = {k: v for k, v in outputs.items() if cotangent_name(k) in takes or v.numel() == 1}
        return {
            key: torch.from_numpy(self.cotangents[key])
            if cotangent_name(key) in takes
            else torch.ones(value.shape, dtype=torch.float64)
            for key, value in given.items()
        }

    def _gradients(
        self, total: torch.Tensor, leaves: dict[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        if not total.requires_grad:
            raise AssignmentError(
                f"{self._oracle.file.path}: forward: does not depend on its targets, or no "
                "cotangent of it reaches the student"
            )
        found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
        return {
            name: torch.zeros_like(leaf) if gradient is None else gradient.detach()
            for (name, leaf), gradient in zip(leaves.items(), found, strict=True)
        }

    def taught(self, true: dict[str, torch.Tensor], inputs: Mapping[str, Any]) -> Gradients:
        """True gradients as the course teaches them."""
        taught: Mapping[str, Any] = true
        if "convention" in self._oracle.file.roles:
            detached = {
                name: value.detach() if isinstance(value, torch.Tensor) else value
                for name, value in inputs.items()
            }
            taught = self._roles.call("convention", detached, dict(true))
        return {
            name: [each.detach().double() for each in _readings(taught[name])]
            for name in self._oracle.exercise.targets
        }


def _readings(value: Any) -> list[torch.Tensor]:
    return list(value) if isinstance(value, list | tuple) else [value]


def cotangent_name(key: str) -> str:
    """The parameter of `student` that takes the cotangent of an output."""
    return f"d{key}" if key else "dout"


def plain(value: Any) -> Any:
    """The same with NumPy's own numbers as Python's."""
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(plain(each) for each in value)
    make: Callable[[], Any] | None = value.item if isinstance(value, np.generic) else None
    return make() if make else value
