"""Marks from what is stored: other points for the same findings, without running anything."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, select

from grader.assignment import Assignment, Exercise
from grader.gradebook.attempts import GradedAttempt, store
from grader.gradebook.content import Rules
from grader.gradebook.enrolment import Enrolled, HandedIn
from grader.gradebook.tables import attempts, notebooks
from grader.marking.points import rescored
from grader.records.scorecard import ExerciseScore, Scorecard, TargetScore


def remark(
    connection: Connection,
    assignment: Assignment,
    rules: Rules,
    handed_in: Iterable[tuple[HandedIn, Enrolled]],
) -> set[str]:
    """Enter an attempt for each whose run is stored under other points; returns their ids."""
    done = set()
    for one, place in handed_in:
        if one.key is None or one.run_key is None:
            continue
        attempt = _remarked(connection, assignment, rules, one, place)
        if attempt is not None and store(connection, place.submission_id, attempt) is not None:
            done.add(one.id)
    return done


def _remarked(
    connection: Connection, assignment: Assignment, rules: Rules, one: HandedIn, place: Enrolled
) -> GradedAttempt | None:
    assert one.key is not None
    found = connection.execute(
        select(attempts, notebooks.c.html)
        .join(notebooks, notebooks.c.attempt_id == attempts.c.id, isouter=True)
        .where(
            attempts.c.submission_id == place.submission_id,
            attempts.c.run_key == one.run_key,
            attempts.c.status == "graded",
        )
        .order_by(attempts.c.id.desc())
    ).first()
    if found is None:
        return None
    card = with_points(msgspec.json.decode(found.scorecard, type=Scorecard), assignment)
    if card is None:
        return None
    return GradedAttempt(
        key=one.key,
        run_key=one.run_key,
        content=found.content,
        assignment_digest=rules.assignment,
        grader=found.grader,
        torch=found.torch,
        card=card,
        notebook=found.html,
    )


def with_points(card: Scorecard, assignment: Assignment) -> Scorecard | None:
    """The card as the assignment's points would have it; None where it does not tell."""
    if any(part.file is not None for part in card.exercises):
        return None  # of several files another may be the best one now
    parts = []
    for exercise, part in zip(assignment.spec.exercises, card.exercises, strict=True):
        rows = [_row(assignment, exercise, row) for row in part.targets]
        kept = [row for row in rows if row is not None]
        if len(kept) < len(rows):
            return None
        parts.append(_exercise(part, kept))
    return replace(
        card,
        exercises=parts,
        score=sum(part.score for part in parts),
        max_score=assignment.max_score,
    )


def _row(assignment: Assignment, exercise: Exercise, row: TargetScore) -> TargetScore | None:
    return rescored(row, assignment.points(exercise, row.of), assignment.spec.rates)


def _exercise(part: ExerciseScore, rows: list[TargetScore]) -> ExerciseScore:
    return replace(
        part,
        targets=rows,
        score=sum(row.score for row in rows),
        max_score=sum(row.max_score for row in rows),
    )
