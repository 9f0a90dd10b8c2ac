"""An examined namespace as a scorecard: values alone, every name judged once."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from grader.assignment import Assignment, Exercise
from grader.marking.points import Judgement, score_target
from grader.protocol.gradient import gradient_name
from grader.records.comparison import Comparison
from grader.records.environment import environment
from grader.records.scorecard import ExerciseScore, Scorecard, Source, TargetScore
from grader.student.namespace_check import NamespaceCheck


def scorecard(examination: NamespaceCheck, notebook: str) -> Scorecard:
    """The card of what the names hold now; all steps are `unknown`.

    A gradient that several exercises ask for is judged in the first of them: a namespace does
    not say which exercise a value answers. In the others it is `unjudged`.
    """
    assignment = examination.known.assignment
    exercises = list(_exercises(examination))
    return Scorecard(
        id=notebook,
        source=Source(path=notebook, sha256="", format="unknown"),
        assignment=assignment.name,
        title=assignment.spec.title,
        status="graded",
        run="not_run",
        reason=examination.obstacle,
        score=sum(exercise.score for exercise in exercises),
        max_score=sum(exercise.max_score for exercise in exercises),
        environment=environment({}),
        exercises=exercises,
    )


def _exercises(examination: NamespaceCheck) -> Iterator[ExerciseScore]:
    assignment = examination.known.assignment
    owners = _owners(assignment)
    for exercise in assignment.spec.exercises:
        rows = [_row(examination, exercise, target, owners[target]) for target in exercise.targets]
        yield ExerciseScore(
            id=exercise.id,
            title=exercise.title,
            score=sum(row.score for row in rows),
            max_score=sum(row.max_score for row in rows),
            targets=rows,
        )


def _owners(assignment: Assignment) -> dict[str, Exercise]:
    """Target → the exercise in which it is judged; training comes last, for its values are gone
    once the parameters have moved.
    """
    owners: dict[str, Exercise] = {}
    for exercise in sorted(assignment.spec.exercises, key=lambda each: each.training):
        for target in exercise.targets:
            owners.setdefault(target, exercise)
    return owners


def _row(
    examination: NamespaceCheck, exercise: Exercise, target: str, owner: Exercise
) -> TargetScore:
    own = exercise is owner
    assignment = examination.known.assignment
    return score_target(
        _judgement(examination, target) if own else _elsewhere(target, owner),
        max_score=assignment.points(exercise, target),
        rates=assignment.spec.rates,
    )


def _judgement(examination: NamespaceCheck, target: str) -> Judgement:
    finding = examination.finding(target)
    comparison, held = finding.comparison, finding.held
    name = held.name if held is not None else gradient_name(target)
    notes = [comparison.note, finding.note]
    return Judgement(
        target=target,
        comparison=replace(comparison, note="; ".join(note for note in notes if note) or None),
        found_as=name if name != gradient_name(target) else None,
        root_cause=finding.cause,
        diagnosis=finding.diagnosis,
    )


def _elsewhere(target: str, owner: Exercise) -> Judgement:
    note = f"the value of `{gradient_name(target)}` is judged once, in {owner.title}"
    return Judgement(target=target, comparison=Comparison(verdict="unjudged", note=note))
