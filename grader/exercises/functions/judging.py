"""From what functions returned to judged attempts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from grader.assignment import Assignment, Exercise, Tolerance
from grader.exercises.functions.handed_in import AnswerFile
from grader.exercises.functions.lines import FunctionLines, at, function_at, imported
from grader.exercises.functions.oracle import FunctionOracle
from grader.exercises.functions.origin import OWN, Origin
from grader.exercises.functions.returned import Answered, Outcome
from grader.exercises.functions.sentences import (
    Circumstances,
    lacking,
    not_there,
    of_another_form,
    why,
)
from grader.exercises.functions.values import Valued, is_value, of_cases, valued
from grader.marking.attempt import Attempt
from grader.marking.step import StepFinding
from grader.protocol.calls import Former
from grader.protocol.gradient import gradient_name
from grader.records.scorecard import Line, Step

MANY_FORWARDS = 8
"""Calls of the forward pass in one call of the backward, beyond which it is differentiated
numerically.
"""


class Judged(msgspec.Struct, kw_only=True):
    """One exercise of one file."""

    oracle: FunctionOracle
    variant: int = 0
    variants: Sequence[int] = (0,)
    """Forms of the forward pass that may be meant."""
    deviates: list[str] = []
    """Keys of the forward value that the student computes otherwise, "" for a single one."""
    values: dict[str, Valued] = {}
    """Target → the case that counts."""
    unwritten: bool = False
    """The student's forward function gives nothing."""
    former: Former = ""
    """As what the functions were run, where they do not run today."""
    outcomes: list[Outcome] = []
    alone: set[str] = set()
    """Wrong targets that are right once the functions of other exercises are true."""
    own: set[str] = set()
    """Wrong targets that are right for the student's own forward function."""
    blamed: str | None = None
    """The other function whose fault it is."""
    origin: Origin = OWN

    def lent(
        self, names: Collection[str], outcomes: Sequence[Outcome], tolerance: Tolerance
    ) -> None:
        """What the exercise gives with functions that its author calls and did not hand in: that
        they are not there tells nothing of what is wrong besides. It makes nothing right.
        """
        if outcomes and all(lacking(each) in names for each in self.outcomes):
            again = _values(outcomes, self.exercise, self.variant, tolerance)
            self.values |= {n: each for n, each in again.items() if not each.comparison.right}
            self.outcomes = list(outcomes)

    @property
    def exercise(self) -> Exercise:
        return self.oracle.exercise

    @property
    def wrong(self) -> list[str]:
        """Targets that are not right in every case."""
        return [name for name, each in self.values.items() if not each.comparison.right]

    @property
    def failing(self) -> tuple[int, int]:
        """How many targets are not right, and how many calls came to nothing."""
        return len(self.wrong), sum(outcome.raised for outcome in self.outcomes)

    @property
    def numerical(self) -> bool:
        """The backward function calls the forward pass again and again."""
        return any(each.returned.forwards > MANY_FORWARDS for each in self.outcomes)

    def take(self, outcomes: Sequence[Outcome], tolerance: Tolerance) -> None:
        """These results of another way to call, if more of them are right; or if the first way got
        nowhere, and this one did or comes from the author of what was to be unpacked.
        """
        if len(outcomes) < len(self.outcomes) or all(map(not_there, outcomes)):
            return
        variant, values = _best(outcomes, self.exercise, self.variants, tolerance)
        gained = _right(values) - _right(self.values)
        came = not any(each.raised for each in outcomes)
        nowhere = all(each.raised for each in self.outcomes)
        if gained > 0 or (
            gained == 0 and nowhere and (came or all(map(of_another_form, self.outcomes)))
        ):
            self.outcomes, self.variant, self.values = list(outcomes), variant, values


def judged(oracle: FunctionOracle, answered: Answered, assignment: Assignment) -> Judged:
    """Every target of an exercise against the truth."""
    tolerance, exercise = assignment.spec.tolerance, oracle.exercise
    own = answered.of(exercise.id, "own_forward")
    variants, deviates = _variants(oracle, own, assignment)
    outcomes = answered.of(exercise.id, "student")
    variant, values = _best(outcomes, exercise, variants, tolerance)
    return Judged(
        oracle=oracle,
        variant=variant,
        variants=variants,
        deviates=deviates,
        unwritten=bool(own) and all(_nothing(each) for each in own),
        outcomes=outcomes,
        values=values,
    )


def _best(
    outcomes: Sequence[Outcome], exercise: Exercise, variants: Sequence[int], tolerance: Tolerance
) -> tuple[int, dict[str, Valued]]:
    """The form of the forward pass for which most is right, and what is."""
    values = {each: _values(outcomes, exercise, each, tolerance) for each in variants}
    variant = max(variants, key=lambda number: _right(values[number]))
    return variant, values[variant]


def _values(
    outcomes: Sequence[Outcome], exercise: Exercise, variant: int, tolerance: Tolerance
) -> dict[str, Valued]:
    return {
        target: of_cases(valued(each, target, variant, tolerance) for each in outcomes)
        for target in exercise.targets
    }


def _right(values: Mapping[str, Valued]) -> int:
    return sum(each.comparison.right for each in values.values())


def _variants(
    oracle: FunctionOracle, own: Sequence[Outcome], assignment: Assignment
) -> tuple[list[int], list[str]]:
    """The form of the forward pass that the student's own has, and what deviates from it. All
    forms where it has none: a wrong loss does not say which gradient goes with it.
    """
    every = list(range(oracle.variants))
    deviations = [list(dict.fromkeys(_deviating(own, each, assignment))) for each in every]
    if all(deviations) or not any(map(_told, own)):
        return every, deviations[0]
    best = next(each for each in every if not deviations[each])
    return [best], []


def _told(own: Outcome) -> bool:
    """The forward function gave numbers."""
    return not own.raised and bool(own.numbers)


def _nothing(own: Outcome) -> bool:
    """The forward function gave None, or would not be read as giving anything."""
    values = own.returned.values.values()
    return own.returned.kind == "returned" and all(each.kind == "none" for each in values)


def _deviating(own: Sequence[Outcome], variant: int, assignment: Assignment) -> Iterator[str]:
    for outcome in own:
        for key, true in outcome.asked.case.truth(variant).outputs.items():
            if is_value(outcome, key, true, assignment.spec.tolerance) is False:
                yield key


def attempts(found: Judged, handed: AnswerFile, first: int) -> Iterator[Attempt]:
    """An attempt for each target. first: the key of the first."""
    roles, exercise = found.oracle.file, found.exercise
    lines = FunctionLines(handed.file, roles, exercise.id)
    for number, target in enumerate(exercise.targets):
        each = found.values[target]
        right = each.comparison.right
        step: Step = "right" if right or target in found.alone else "wrong"
        if right and found.origin.unproven:
            step = "unknown"
        reason = None if right else why(each, target, roles, _circumstances(found, handed, each))
        made = _line(lines, handed, target, each)
        yield Attempt(
            target=target,
            name=gradient_name(target),
            key=first + number,
            exercise=exercise.id,
            order=first + number,
            comparison=each.comparison,
            finding=StepFinding(
                step=step,
                own_forward=target in found.own,
                copied=bool(found.origin.engine),
                why=found.origin.unproven,
                evidence=None if right or step == "right" or target in found.own else each,
            ),
            blamed=found.blamed if target in found.alone else None,
            lines=[made] if made else [],
            diagnosis=reason,
            note=found.origin.engine or (None if right or reason else _where(each)),
        )


def _circumstances(found: Judged, handed: AnswerFile, each: Valued) -> Circumstances:
    returned = each.outcome.returned
    return Circumstances(
        exercise=found.exercise.id,
        outcomes=found.outcomes,
        raising=function_at(handed.file, returned.cell, returned.line),
        unwritten=found.unwritten,
        imported=imported(handed.file),
    )


def _line(lines: FunctionLines, handed: AnswerFile, target: str, each: Valued) -> Line | None:
    returned = each.outcome.returned
    if returned.kind == "raised" and returned.line is not None:
        return at(handed.file, returned.cell, returned.line)
    return lines.line_of(target)


def _where(each: Valued) -> str | None:
    """Which case it is, where others before it were right."""
    case = each.outcome.asked.case
    if case.number == 0:
        return None
    shapes = {name: tuple(leaf.shape) for name, leaf in case.truth(0).leaves.items()}
    told = ", ".join(f"{name} {shape}" for name, shape in list(shapes.items())[:4])
    return f"right in {case.number} of {case.number + 1} cases, wrong with {told}"
