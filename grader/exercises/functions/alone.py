"""A second look at wrong gradients: whose fault are they?

Called once more with true functions in the place of the student's others, a step that is right
alone shows itself. Held against slopes of the student's own forward function, found by central
differences, a backward function that is right for that one does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch

from grader.assignment import Assignment
from grader.exercises.functions.judging import Judged
from grader.exercises.functions.oracle import FunctionOracle
from grader.exercises.functions.request import Questions
from grader.exercises.functions.returned import Answered, Outcome
from grader.exercises.functions.values import compared, valued
from grader.marking.comparison import greatest, squeezed
from grader.protocol import Value

FLAT = 1e-9
"""Slopes of a forward function that does not depend on its argument."""


def references(oracle: FunctionOracle, assignment: Assignment) -> dict[str, str]:
    """True functions for the assignment's other exercises and for helpers, where it has them.

    Not for an exercise on the same forward function: handing on to that one would answer this.
    """
    others = {
        name: file.harness
        for name, file in assignment.functions.items()
        if name != oracle.exercise.id
        and "reference" in file.roles
        and not (file.forwards and file.forwards == oracle.file.forwards)
    }
    return others | oracle.file.helpers


def replaced(each: Judged, assignment: Assignment, called: Collection[str]) -> Questions:
    """One exercise, with references for the functions that its own reaches.

    It has a run of its own: within one run what is lent to one exercise could be handed on to
    another, through a file, and answer that.
    """
    questions = Questions(assignment)
    known = references(each.oracle, assignment)
    known = {name: source for name, source in known.items() if name in called}
    if known:
        questions.add(each.oracle, ("student",), each.oracle.cases, references=known)
    return questions


def differences(wrong: Sequence[Judged], assignment: Assignment) -> Questions:
    """Slopes of the forward functions that deviate."""
    questions = Questions(assignment)
    for each in wrong:
        if each.deviates:
            questions.add(each.oracle, ("differences",), each.oracle.cases)
    return questions


def right_alone(each: Judged, answered: Answered, assignment: Assignment) -> set[str]:
    """Targets that are right, and by no engine, once the other functions are true."""
    outcomes = answered.of(each.exercise.id, "student")
    if any(outcome.returned.engine for outcome in outcomes):
        return set()
    return {
        target
        for target in each.exercise.targets
        if outcomes
        and all(
            valued(o, target, each.variant, assignment.spec.tolerance).comparison.right
            for o in outcomes
        )
    }


def right_for_own(each: Judged, answered: Answered, assignment: Assignment) -> set[str]:
    """Targets that are the gradient of the student's own forward function.

    None where that function does not depend on every target in most cases: a constant proves
    nothing, but who normalises over the wrong axis has a constant where the batch is one.
    """
    own = answered.of(each.exercise.id, "differences")
    pairs = list(zip(own, each.outcomes, strict=False))
    depending = sum(_depends(outcome, each.exercise.targets) for outcome in own)
    if not pairs or 2 * depending <= len(own):
        return set()
    return {
        target
        for target in each.wrong
        if all(_same(target, outcome, theirs, assignment) for outcome, theirs in pairs)
    }


def _depends(outcome: Outcome, targets: Sequence[str]) -> bool:
    found = [outcome.numbers.get(target) for target in targets]
    return not outcome.raised and all(n is not None and greatest(n) > FLAT for n in found)


def _same(target: str, own: Outcome, theirs: Outcome, assignment: Assignment) -> bool:
    """Whether a gradient gives the slopes of the own forward function."""
    case, value = own.asked.case, theirs.returned.values.get(target, Value(kind="none"))
    numbers = theirs.numbers.get(value.key or "")
    directions = torch.from_numpy(case.directions[target])
    shape = directions.shape[1:]
    if theirs.raised or numbers is None or squeezed(list(numbers.shape)) != squeezed(list(shape)):
        return False
    found = numbers.to(torch.float64).reshape(shape)
    return any(
        compared(
            value,
            torch.tensordot(directions, found / scale, dims=len(shape)),
            own.numbers[target],
            assignment.spec.tolerance,
        ).right
        for scale in case.scales(target)
        if scale.shape == shape and bool((scale != 0).all())
    )
