"""The scorecard of a submission, put together from what the pipeline's steps found."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.analysis.study import Study
from grader.assignment import Assignment
from grader.candidate import Choice
from grader.environment import environment
from grader.messages import printable
from grader.model import CellResult, CellStatus, ExerciseScore, IntegrityNote, Scorecard, Source
from grader.notebook import SyntaxProblem, Unreadable
from grader.passes import JudgedPass
from grader.sandbox import RunOutcome
from grader.scoring import Judgement, score_target
from grader.submission import Submission
from grader.trace import Trace

_SUSPICIOUS = {
    "engine": "can make a gradient in ways that the audit cannot tell from work by hand",
    "numbers": "stand here, written out, which may have been computed elsewhere",
    "hidden": "reaches beyond the notebook, or runs code that cannot be read in it",
}


def graded(
    submission: Submission,
    choice: Choice,
    assignment: Assignment,
    outcome: RunOutcome,
    seen: Trace,
    passes: Mapping[int, JudgedPass],
    exercises: Sequence[ExerciseScore],
    noted: Sequence[IntegrityNote] = (),
) -> Scorecard:
    """The card of a submission that was run, however the run ended.

    noted: what is to be said of the runs.
    """
    assert isinstance(choice.study, Study)
    flagged = [*_unjudged(exercises), *_copied(exercises), *_unproven(exercises)]
    integrity = [*seen.integrity, *noted, *flagged, *_suspicions(choice.study)]
    return _card(
        submission,
        assignment,
        source=choice.source,
        status="graded",
        run=outcome.status,
        reason=outcome.reason,
        exercises=list(exercises),
        notes=[*choice.notes, *_remarks(passes), *seen.notes],
        cells=list(_cells(choice.study, outcome, seen)),
        integrity=list(dict.fromkeys(integrity)),
        isolation=outcome.isolation,
        environment=environment(outcome.environment),
    )


def not_run(submission: Submission, choice: Choice, assignment: Assignment) -> Scorecard:
    """The card of something that cannot be run: no points, and the reason."""
    assert isinstance(choice.study, Unreadable)
    exercises = [
        ExerciseScore(
            id=exercise.id,
            title=exercise.title,
            score=0.0,
            max_score=sum(assignment.points(exercise, name) for name in exercise.targets),
            targets=[
                score_target(
                    Judgement(target=name, verdict="missing"),
                    max_score=assignment.points(exercise, name),
                    rates=assignment.spec.rates,
                )
                for name in exercise.targets
            ],
        )
        for exercise in assignment.spec.exercises
    ]
    return _card(
        submission,
        assignment,
        source=choice.source,
        status="graded",
        run="not_run",
        reason=choice.study.reason,
        exercises=exercises,
        notes=list(choice.notes),
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


def _remarks(passes: Mapping[int, JudgedPass]) -> Iterator[str]:
    """What a person should know about the forward passes, each once."""
    said = set()
    for judged in passes.values():
        text = judged.reason
        if judged.differs is not None:
            text = (
                f"your forward pass differs from the assignment's: `{judged.differs}` is the "
                "first tensor with other values; gradients are marked against the assignment's"
            )
        if text is not None and text not in said:
            said.add(text)
            yield text


def _unjudged(exercises: Sequence[ExerciseScore]) -> Iterator[IntegrityNote]:
    """Values that nobody judged are flagged for the instructor."""
    for exercise in exercises:
        names = [row.name for row in exercise.targets if row.verdict == "unjudged"]
        if names:
            yield IntegrityNote(
                code="unjudged",
                exercise=exercise.id,
                text=f"{exercise.title}: {', '.join(names)} could not be judged "
                "and earned no points: please look at this submission",
            )


def _copied(exercises: Sequence[ExerciseScore]) -> Iterator[IntegrityNote]:
    """Gradients that autograd made, one note each."""
    for exercise in exercises:
        for row in exercise.targets:
            if row.basis == "copied":
                yield IntegrityNote(
                    code="copied",
                    exercise=exercise.id,
                    target=row.name,
                    cell=row.cell,
                    line=row.line,
                    text=f"{exercise.title}: {row.name} is right, but autograd made it: it "
                    "changes when the engine is made to give other numbers",
                )


def _unproven(exercises: Sequence[ExerciseScore]) -> Iterator[IntegrityNote]:
    """Points of which nobody can tell that they are for the student's own work."""
    for exercise in exercises:
        for row in exercise.targets:
            if row.unproven and row.score:
                yield IntegrityNote(
                    code="unproven",
                    exercise=exercise.id,
                    target=row.name,
                    cell=row.cell,
                    line=row.line,
                    text=f"{exercise.title}: {row.name} earns points, but {row.unproven}: "
                    "please look at it",
                )


def _suspicions(study: Study) -> Iterator[IntegrityNote]:
    """Code that no audit run can see through, each kind once."""
    for each in study.program.suspicions:
        yield IntegrityNote(
            code=each.code,
            cell=None if study.notebook.module else each.cell,
            line=each.line,
            text=f"`{printable(each.name)}` {_SUSPICIOUS[each.code]}: please look at this line",
        )


def _cells(study: Study, outcome: RunOutcome, seen: Trace) -> Iterator[CellResult]:
    """Every code cell: as it ran, as it could not be read, or why it was not reached."""
    done = {cell.index: cell for cell in seen.cells}
    stopped = outcome.status not in {"completed", "exited"}
    for index, source in study.sources.items():
        if index in done:
            yield done[index]
        elif isinstance(source, SyntaxProblem):
            yield CellResult(
                index=index, status="error", error=f"line {source.line}: {source.message}"
            )
        elif stopped:
            status: CellStatus = "timed_out" if outcome.status == "timed_out" else "error"
            yield CellResult(index=index, status=status, error=outcome.reason)
            stopped = False
        else:
            yield CellResult(index=index, status="skipped")
