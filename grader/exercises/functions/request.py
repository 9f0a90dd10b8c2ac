"""What the sandbox is asked: the definitions of one file, and the calls of each exercise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace
from safetensors.numpy import save

from grader.assignment import Assignment, Exercise
from grader.exercises.functions.definitions import cells
from grader.exercises.functions.handed_in import AnswerFile
from grader.exercises.functions.oracle import FunctionOracle, Probe, cotangent_name
from grader.protocol import Call, CalledExercise, Calls, Edit, Editable, RunRequest, packed
from grader.protocol.calls import Former, Role


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One call, as the trusted side knows it."""

    exercise: Exercise
    role: Role
    case: Probe


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One call with edits of the student's functions; or with a look at the variables of one."""

    case: Probe
    edits: list[Edit] = []
    watched: int | None = None


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """What all trials of an exercise have in common."""

    role: Role
    editable: list[Editable]
    targets: list[str]
    """Whose gradients are sent back."""
    references: dict[str, str]
    budget: float
    """CPU seconds of all of them."""
    patience: float
    """CPU seconds of one."""


class Questions:
    """Collects calls, exercise by exercise, with their arrays."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._arrays: dict[str, np.ndarray[Any, Any]] = {}
        self._keys: dict[int, str] = {}
        self._held: list[Any] = []
        """So that no other array gets the identity of one that is known."""
        self.exercises: list[CalledExercise] = []
        self.asked: list[list[Asked]] = []

    def add(
        self,
        oracle: FunctionOracle,
        roles: Sequence[Role],
        cases: Sequence[Probe],
        *,
        references: dict[str, str] | None = None,
    ) -> None:
        """Ask for these roles in these cases."""
        exercise = oracle.exercise
        asked = [Asked(exercise=exercise, role=role, case=case) for role in roles for case in cases]
        self.asked.append(asked)
        self.exercises.append(
            CalledExercise(
                id=exercise.id,
                source=oracle.file.harness,
                calls=[self._call(oracle, each) for each in asked],
                counted=[name for name in oracle.file.forwards if name != exercise.id],
                references=references or {},
            )
        )

    def try_edits(
        self, oracle: FunctionOracle, trials: Sequence[Trial], conditions: Conditions
    ) -> None:
        """Ask for one exercise with edits of the student's functions, or for their variables."""
        exercise = oracle.exercise
        asked = [
            Asked(exercise=exercise, role=conditions.role, case=trial.case) for trial in trials
        ]
        calls = {id(trial.case): call for trial, call in self._once(oracle, trials, asked)}
        self.asked.append(asked)
        self.exercises.append(
            CalledExercise(
                id=exercise.id,
                source=oracle.file.harness,
                calls=[
                    replace(
                        calls[id(each.case)],
                        edits=each.edits,
                        watched=each.watched,
                        targets=conditions.targets,
                    )
                    for each in trials
                ],
                references=conditions.references,
                editable=conditions.editable,
                budget=conditions.budget,
                patience=conditions.patience,
            )
        )

    def request(
        self, handed: AnswerFile, data: str, former: Former = ""
    ) -> tuple[RunRequest, bytes]:
        """The request with its blob. former: as what the code is understood."""
        spec = self._assignment.spec
        wanted = [n for each in handed.exercises for n in self._assignment.functions[each.id].needs]
        calls = Calls(
            exercises=self.exercises,
            seconds=spec.functions.seconds,
            package=handed.package,
            engine=spec.functions.engine == "torch",
            former=former,
        )
        request = RunRequest(
            cells=cells(handed.file, wanted),
            gradients={},
            inputs={},
            forward={},
            limits=spec.limits,
            data=data,
            files=handed.surroundings.files,
            scripts=handed.surroundings.scripts,
            script=handed.place.name if handed.file.notebook.format == "py" else None,
            calls=calls,
        )
        blob: bytes = save(self._arrays) if self._arrays else b""
        return request, blob

    def _call(self, oracle: FunctionOracle, asked: Asked) -> Call:
        case, role = asked.case, asked.role
        backward = role in {"student", "otherwise"}
        takes = oracle.file.parameters[role if backward else "own_forward"]
        given = dict(case.arguments)
        if backward:
            given |= {cotangent_name(key): value for key, value in case.cotangents.items()}
        arguments = {n: packed(value, self._keep) for n, value in given.items() if n in takes}
        return Call(
            role=role,
            arguments=arguments,
            targets=oracle.exercise.targets if backward else [],
            cotangents=self._cotangents(case) if role == "differences" else {},
            directions=self._directions(case) if role == "differences" else {},
        )

    def _once(
        self, oracle: FunctionOracle, trials: Sequence[Trial], asked: Sequence[Asked]
    ) -> Iterator[tuple[Trial, Call]]:
        """A call for each case."""
        known: set[int] = set()
        for trial, each in zip(trials, asked, strict=True):
            if id(trial.case) not in known:
                known.add(id(trial.case))
                yield trial, self._call(oracle, each)

    def _directions(self, case: Probe) -> dict[str, str]:
        return {target: self._keep(array) for target, array in case.directions.items()}

    def _cotangents(self, case: Probe) -> dict[str, str]:
        return {key: self._keep(value.numpy()) for key, value in case.weights().items()}

    def _keep(self, array: np.ndarray[Any, Any]) -> str:
        """Arrays that are the same object travel once."""
        if id(array) not in self._keys:
            key = str(len(self._arrays))
            self._keys[id(array)] = key
            self._held.append(array)
            self._arrays[key] = np.array(array, order="C")
        return self._keys[id(array)]
