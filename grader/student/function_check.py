"""`check("affine_backward")`: a function of the kernel, called as the grader would call it.

Its arguments are drawn anew each time, and copies; what it prints and raises is its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from traceback import walk_tb
from typing import Any

import numpy as np
import torch

from grader.assignment import Assignment, Exercise, load_assignment
from grader.assignment.loader import known_assignments
from grader.errors import GraderError
from grader.exercises.functions.judging import Judged, judged
from grader.exercises.functions.oracle import FunctionOracle, Probe, Roles, cotangent_name
from grader.exercises.functions.reasons import FunctionReasons
from grader.exercises.functions.request import Asked
from grader.exercises.functions.returned import Answered, Outcome
from grader.exercises.functions.sentences import Circumstances, why
from grader.marking.attempt import Attempt
from grader.marking.points import Judgement, score_target
from grader.marking.step import StepFinding
from grader.protocol import Returned, Value
from grader.protocol.calls import Role
from grader.protocol.gradient import gradient_name
from grader.records.environment import environment
from grader.records.scorecard import ExerciseScore, Scorecard, Source, TargetScore


def exercise_named(name: str) -> tuple[Assignment, Exercise] | None:
    """The exercise of functions of this name, in the nearest assignment that has one; None also
    where an assignment itself has the name.
    """
    known = known_assignments()
    for folder in known.values() if name not in known else ():
        try:
            assignment = load_assignment(folder)
        except (GraderError, OSError):
            continue  # a broken neighbour is no reason not to judge by the right one
        for exercise in assignment.spec.exercises:
            if exercise.kind == "functions" and exercise.id == name:
                return assignment, exercise
    return None


class FunctionCheck:
    """One exercise, called with what a namespace defines."""

    def __init__(
        self, assignment: Assignment, exercise: Exercise, names: Mapping[str, object]
    ) -> None:
        self._assignment = assignment
        self._exercise = exercise
        self._file = assignment.functions[exercise.id]
        self._names = names
        roles = Roles(self._file)
        self._oracle = FunctionOracle(assignment, exercise, roles, secrets.token_hex(8))

    def scorecard(self, notebook: str) -> Scorecard:
        """The card of this exercise alone."""
        rows = list(self._rows())
        score = ExerciseScore(
            id=self._exercise.id,
            title=self._exercise.title,
            score=sum(row.score for row in rows),
            max_score=sum(row.max_score for row in rows),
            targets=rows,
        )
        return Scorecard(
            id=notebook,
            source=Source(path=notebook, sha256="", format="unknown"),
            assignment=self._assignment.name,
            title=self._assignment.spec.title,
            status="graded",
            run="not_run",
            score=score.score,
            max_score=score.max_score,
            environment=environment({}),
            exercises=[score],
        )

    def _rows(self) -> Iterator[TargetScore]:
        roles: list[Role] = ["student"]
        if "own_forward" in self._file.roles:
            roles.append("own_forward")
        given = Answered(outcomes=list(self._outcomes(roles)))
        result = judged(self._oracle, given, self._assignment)
        spec = self._assignment.spec
        if result.wrong and "otherwise" in self._file.roles:
            result.take(list(self._outcomes(["otherwise"])), spec.tolerance)
        reasons = FunctionReasons([result], spec.tolerance)
        for target in self._exercise.targets:
            attempt = reasons.explained(self._attempt(result, target))
            yield score_target(
                Judgement(
                    target=target,
                    comparison=attempt.comparison,
                    step=attempt.step,
                    diagnosis=attempt.diagnosis,
                ),
                max_score=self._assignment.points(self._exercise, target),
                rates=spec.rates,
            )

    def _attempt(self, result: Judged, target: str) -> Attempt:
        each = result.values[target]
        right = each.comparison.right
        known = Circumstances(
            exercise=self._exercise.id, outcomes=result.outcomes, unwritten=result.unwritten
        )
        told = why(each, target, self._file, known)
        return Attempt(
            target=target,
            name=gradient_name(target),
            key=None,
            exercise=self._exercise.id,
            order=0,
            comparison=each.comparison,
            finding=StepFinding(
                step="right" if right else "wrong", evidence=None if right else each
            ),
            diagnosis=None if right else told,
        )

    def _outcomes(self, roles: list[Role]) -> Iterator[Outcome]:
        harness: dict[str, Any] = dict(self._names)
        exec(compile(self._file.harness, self._file.path, "exec", dont_inherit=True), harness)  # noqa: S102
        for role in roles:
            for case in self._oracle.cases:
                asked = Asked(exercise=self._exercise, role=role, case=case)
                yield self._called(asked, harness[role])

    def _called(self, asked: Asked, function: Any) -> Outcome:
        try:
            result = function(**self._arguments(asked.role, asked.case))
        except Exception as error:  # noqa: BLE001 - the student's function may raise anything
            return Outcome(asked=asked, returned=self._raised(error))
        parts = result if isinstance(result, dict) else {"": result}
        numbers = {
            str(key): made for key, value in parts.items() if (made := _numbers(value)) is not None
        }
        values = {str(key): _described(str(key), value, numbers) for key, value in parts.items()}
        returned = Returned(exercise=0, call=0, values=values)
        return Outcome(asked=asked, returned=returned, numbers=numbers)

    def _raised(self, error: Exception) -> Returned:
        """By the harness's own line where that is the last one."""
        *_, (frame, line) = walk_tb(error.__traceback__)
        ours = frame.f_code.co_filename == self._file.path
        return Returned(
            exercise=0,
            call=0,
            kind="harness" if ours else "raised",
            error=f"{type(error).__name__}: {error}"[:500],
            line=line if ours else None,
        )

    def _arguments(self, role: Role, case: Probe) -> dict[str, Any]:
        takes = self._file.parameters[role]
        given = dict(case.arguments)
        given |= {cotangent_name(key): value for key, value in case.cotangents.items()}
        return {name: self._copy(value) for name, value in given.items() if name in takes}

    def _copy(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._copy(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self._copy(each) for each in value)
        if not isinstance(value, np.ndarray):
            return value
        return torch.from_numpy(value.copy()) if self._file.engine else value.copy()


def _described(key: str, value: object, numbers: Mapping[str, torch.Tensor]) -> Value:
    if key in numbers:
        made = numbers[key]
        return Value(kind="array", key=key, dtype=str(made.dtype)[6:], shape=list(made.shape))
    name = type(value).__name__
    return Value(kind="none") if value is None else Value(kind="other", note=name)


def _numbers(value: Any) -> torch.Tensor | None:
    """The numbers of a value, if it is made of some."""
    if value is None:
        return None
    try:
        if isinstance(value, torch.Tensor):
            return value.detach().cpu().clone()
        array = np.asarray(value)
        return torch.from_numpy(array.copy()) if array.dtype.kind in "fiub" else None
    except Exception:  # noqa: BLE001 - the student's object may do anything when looked at
        return None
