"""The scorecard of a submission, put together from what the pipeline's steps found."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from grader.analysis.study import Study
from grader.assignment import Assignment
from grader.exercises.script.candidate import Choice
from grader.marking.forward_pass import JudgedPass
from grader.marking.observation import Trace
from grader.marking.points import Judgement, score_target
from grader.notebook import SyntaxProblem, Unreadable
from grader.printable import printable
from grader.records.causes import needed_packages, with_causes
from grader.records.environment import environment
from grader.records.scorecard import (
    CellResult,
    CellStatus,
    ExerciseScore,
    IntegrityNote,
    Scorecard,
    Source,
    TargetScore,
)
from grader.sandbox import RunOutcome
from grader.submission import Submission

MAX_CAUSES = 4


def graded(
    submission: Submission,
    choice: Choice,
    assignment: Assignment,
    outcome: RunOutcome,
    seen: Trace,
    passes: Mapping[int, JudgedPass],
    exercises: Sequence[ExerciseScore],
    noted: Sequence[IntegrityNote] = (),
    remarks: Sequence[str] = (),
) -> Scorecard:
    """The card of a submission that was run, however the run ended.

    noted: what is to be said of the runs; remarks: what of the forward pass.
    """
    assert isinstance(choice.study, Study)
    cells = list(_cells(choice.study, outcome, seen))
    exercises = with_causes(
        exercises, cells, stopped=outcome.reason, reasons=list(_remarks(passes))
    )
    needed = needed_packages(cells) if _unfinished(exercises) else []
    if needed and not any(exercise.score for exercise in exercises):
        return _lacking(submission, choice, assignment, outcome, cells, needed)
    flagged = flags(exercises)
    flagged += [IntegrityNote(code="unjudged", text=_without(needed))] if needed else []
    integrity = [*seen.integrity, *noted, *flagged, *_unfound(exercises, passes)]
    return _card(
        submission,
        assignment,
        source=choice.source,
        status="graded",
        run=outcome.status,
        reason=outcome.reason,
        exercises=list(exercises),
        notes=[*choice.notes, *remarks, *_remarks(passes), *seen.notes],
        cells=cells,
        integrity=list(dict.fromkeys(integrity)),
        isolation=outcome.isolation,
        environment=environment(outcome.environment),
    )


def _unfinished(exercises: Sequence[ExerciseScore]) -> bool:
    """Whether lines for a gradient left no value."""
    return any(row.verdict == "missing" and row.lines for e in exercises for row in e.targets)


def _without(needed: Sequence[str]) -> str:
    return (
        f"no module named {', '.join(needed)}: install it beside the grader, and name it in "
        "[environment] packages, then grade again"
    )


def _lacking(
    submission: Submission,
    choice: Choice,
    assignment: Assignment,
    outcome: RunOutcome,
    cells: Sequence[CellResult],
    needed: Sequence[str],
) -> Scorecard:
    """The card of a submission that came to nothing for want of a package: no zero of its own."""
    return _card(
        submission,
        assignment,
        source=choice.source,
        status="ungraded",
        run=outcome.status,
        reason=_without(needed),
        notes=list(choice.notes),
        cells=list(cells),
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
        if text is not None and text not in said:
            said.add(text)
            yield text


def flags(exercises: Sequence[ExerciseScore]) -> list[IntegrityNote]:
    """What the rows themselves give a person to judge."""
    return [*_unjudged(exercises), *_copied(exercises), *_unproven(exercises)]


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


def _unfound(
    exercises: Sequence[ExerciseScore], passes: Mapping[int, JudgedPass]
) -> Iterator[IntegrityNote]:
    """A network that was not recognised, and no gradient at all: that may be the grader's fault."""
    reasons = list(dict.fromkeys(_remarks(passes)))
    if reasons and all(row.verdict == "missing" for e in exercises for row in e.targets):
        yield IntegrityNote(
            code="unjudged",
            text=f"no gradient was found, perhaps because of its name ({printable(reasons[0])}): "
            "please look at this submission",
        )


def _copied(exercises: Sequence[ExerciseScore]) -> Iterator[IntegrityNote]:
    """Gradients for which autograd was asked, one note for all."""
    rows = [(e, row) for e in exercises for row in e.targets if row.basis == "copied"]
    if rows:
        exercise, first = rows[0]
        yield IntegrityNote(
            code="copied",
            exercise=exercise.id,
            target=first.name,
            cell=first.cell,
            line=first.line,
            text=f"{_listed(rows)}: right, but the lines ask autograd for it",
        )


def _unproven(exercises: Sequence[ExerciseScore]) -> Iterator[IntegrityNote]:
    """Right values whose lines cannot be followed, one note for all."""
    rows = [(e, row) for e in exercises for row in e.targets if row.basis == "unproven"]
    if rows:
        exercise, first = rows[0]
        causes = dict.fromkeys(row.unproven for _, row in rows if row.unproven)
        why = "; ".join(list(causes)[:MAX_CAUSES])
        yield IntegrityNote(
            code="unproven",
            exercise=exercise.id,
            target=first.name,
            cell=first.cell,
            line=first.line,
            text=f"{_listed(rows)}: the values are right, and decided alone, for the lines cannot "
            f"be followed ({printable(why)})",
        )


def _listed(rows: Sequence[tuple[ExerciseScore, TargetScore]]) -> str:
    """`Exercise 1: dh, dW2; Exercise 2: dlogits`."""
    names: dict[str, list[str]] = {}
    for exercise, row in rows:
        names.setdefault(exercise.title.partition(":")[0], []).append(row.name)
    return "; ".join(f"{title}: {', '.join(each)}" for title, each in names.items())


def _cells(study: Study, outcome: RunOutcome, seen: Trace) -> Iterator[CellResult]:
    """Every code cell: as it ran, as it could not be read, or why it was not reached."""
    done = {cell.index: cell for cell in seen.cells}
    stopped = outcome.status not in {"completed", "exited"}
    for index, source in study.sources.items():
        problem = study.left_out.get(index)
        if index in done and problem is not None and done[index].error is None:
            text = f"line {problem.line}: {problem.message}: the rest of the cell was run"
            yield replace(done[index], status="error", error=text)
        elif index in done:
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
