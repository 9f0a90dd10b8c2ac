"""The scorecard of a submission, put together from what its kinds of exercise found."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grader.assignment import Assignment
from grader.marking.answers import Answers, NotRun
from grader.marking.notes import lacking, noted
from grader.marking.selection import Selection
from grader.records.causes import needed_packages, with_causes
from grader.records.environment import environment
from grader.records.scorecard import ExerciseScore, IntegrityNote, Scorecard, Source
from grader.submission import Submission


def graded(submission: Submission, answers: Answers, assignment: Assignment) -> Scorecard:
    """The card of a submission that was run, however the run ended."""
    exercises = with_causes(
        Selection(assignment, answers.attempts, answers.unanswered, answers.explained).exercises(),
        answers.cells,
        stopped=answers.outcome.reason,
        reasons=answers.obstacles,
    )
    needed = answers.lacking
    if needed is None:
        needed = needed_packages(answers.cells) if _unfinished(exercises) else []
    own = noted(exercises, answers.attempts, answers.obstacles, assignment)
    if needed and not any(exercise.score for exercise in exercises):
        return _run(submission, answers, assignment, status="ungraded", reason=lacking(needed))
    if needed:
        own.append(IntegrityNote(code="unjudged", text=lacking(needed)))
    return _run(
        submission,
        answers,
        assignment,
        status="graded",
        reason=answers.outcome.reason,
        exercises=exercises,
        integrity=list(dict.fromkeys([*answers.integrity, *own])),
    )


def _unfinished(exercises: Sequence[ExerciseScore]) -> bool:
    """Whether lines for a gradient left no value."""
    return any(row.verdict == "missing" and row.lines for e in exercises for row in e.targets)


def _run(
    submission: Submission, answers: Answers, assignment: Assignment, **fields: Any
) -> Scorecard:
    """A card with what is known of its run."""
    return _card(
        submission,
        assignment,
        source=answers.source,
        run=answers.outcome.status,
        notes=list(answers.notes),
        cells=list(answers.cells),
        isolation=answers.outcome.isolation,
        environment=environment(answers.outcome.environment),
        **fields,
    )


def not_run(submission: Submission, found: NotRun, assignment: Assignment) -> Scorecard:
    """The card of something that cannot be run: no points, and the reason."""
    return _card(
        submission,
        assignment,
        source=found.source,
        status="graded",
        run="not_run",
        reason=found.reason,
        exercises=Selection(assignment, (), {}).exercises(),
        notes=list(found.notes),
    )


def ungraded(submission: Submission, reason: str, assignment: Assignment) -> Scorecard:
    """The card of a submission for which the machine could not do its part."""
    return _card(
        submission,
        assignment,
        source=Source(path=submission.origin, sha256="", format="unknown"),
        status="ungraded",
        run="not_run",
        reason=reason,
    )


def faulty(submission: Submission, error: Exception, assignment: Assignment) -> Scorecard:
    """The card of a submission on which the grader itself failed."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    reason = (
        f"the grader itself failed ({type(error).__name__}: {error} at "
        f"{Path(where.filename).name}:{where.lineno}): please report this"
    )
    return ungraded(submission, reason, assignment)


def _card(submission: Submission, assignment: Assignment, **fields: Any) -> Scorecard:
    exercises: list[ExerciseScore] = fields.pop("exercises", [])
    return Scorecard(
        id=submission.id,
        assignment=assignment.name,
        title=assignment.spec.title,
        score=sum(exercise.score for exercise in exercises),
        max_score=assignment.max_score,
        exercises=exercises,
        **fields,
    )
