"""Integrity notes: what a person should look at. Every note that the grader makes is made here.

One cause, one note: each names all that it touches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from grader.assignment import Assignment
from grader.marking.attempt import Attempt
from grader.printable import printable
from grader.protocol.gradient import gradient_name
from grader.records.scorecard import ExerciseScore, IntegrityNote, TargetScore

ALONE = frozenset({"unproven", "follow_through"})
"""Why points are given for a value alone."""
MAX_CAUSES = 4
"""Different reasons that one note lists."""
MANY = 10
"""Different attempts at one gradient beyond which a person may want to look."""


def noted(
    exercises: Sequence[ExerciseScore],
    attempts: Sequence[Attempt],
    obstacles: Sequence[str],
    assignment: Assignment,
) -> list[IntegrityNote]:
    """What marking itself gives reason to look at.

    obstacles: why forward passes are none of the assignment's network.
    """
    found = [
        *_guessed(attempts, assignment),
        *flags(exercises),
        *_unfound(exercises, obstacles),
    ]
    return list(dict.fromkeys(found))


def flags(exercises: Sequence[ExerciseScore]) -> list[IntegrityNote]:
    """What the rows themselves give a person to judge."""
    return [*_unjudged(exercises), *_copied(exercises), *_unproven(exercises)]


def lacking(packages: Sequence[str]) -> str:
    """What an instructor can do about packages that a submission needs."""
    return (
        f"no module named {', '.join(packages)}: install it beside the grader, and name it in "
        "[environment] packages, then grade again"
    )


def forged(breaches: Sequence[str]) -> list[IntegrityNote]:
    """A note on results of a run that the harness would not have sent, if there are any."""
    text = (
        "the run sent results that the grader's part of it does not send "
        f"({', '.join(dict.fromkeys(breaches))}): please look at this submission"
    )
    return [IntegrityNote(code="forged", text=text)] if breaches else []


def unreadable(error: Exception) -> IntegrityNote:
    """A note on one result of a run that is not what it should be."""
    text = f"a result of the run could not be read ({type(error).__name__})"
    return IntegrityNote(code="unreadable_result", text=text)


def _guessed(attempts: Sequence[Attempt], assignment: Assignment) -> list[IntegrityNote]:
    """One mild note where a gradient was tried again and again."""
    counts: defaultdict[tuple[str, str], list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        if attempt.key is not None and attempt.exercise is not None:
            counts[attempt.exercise, attempt.target].append(attempt)
    many = {key: found for key, found in counts.items() if len(found) > MANY}
    if not many:
        return []
    titles = {e.id: e.title.partition(":")[0] for e in assignment.spec.exercises}
    texts = [
        f"{gradient_name(target)} ({titles[e]}): {len(found)}"
        for (e, target), found in many.items()
    ]
    (exercise, target), _ = next(iter(many.items()))
    text = f"many attempts at one gradient, of which the best counts: {', '.join(texts)}"
    return [
        IntegrityNote(code="guessed", exercise=exercise, target=gradient_name(target), text=text)
    ]


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
    exercises: Sequence[ExerciseScore], obstacles: Sequence[str]
) -> Iterator[IntegrityNote]:
    """A network that was not recognised, and no gradient at all: that may be the grader's fault."""
    if obstacles and all(row.verdict == "missing" for e in exercises for row in e.targets):
        yield IntegrityNote(
            code="unjudged",
            text=f"no gradient was found, perhaps because of its name ({printable(obstacles[0])}): "
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
    """Right values whose lines cannot be followed, be it right for what flowed in; one note for
    all.
    """
    rows = [(e, row) for e in exercises for row in e.targets if row.unproven and row.basis in ALONE]
    if rows:
        exercise, first = rows[0]
        causes = dict.fromkeys(row.unproven for _, row in rows if row.unproven)
        why = "; ".join(list(causes)[:MAX_CAUSES])
        follow = " for what flowed in" * any(row.basis == "follow_through" for _, row in rows)
        yield IntegrityNote(
            code="unproven",
            exercise=exercise.id,
            target=first.name,
            cell=first.cell,
            line=first.line,
            text=f"{_listed(rows)}: the values are right{follow}, and decided alone, for the lines "
            f"cannot be followed ({printable(why)})",
        )


def _listed(rows: Sequence[tuple[ExerciseScore, TargetScore]]) -> str:
    """`Exercise 1: dh, dW2; Exercise 2: dlogits`."""
    names: dict[str, list[str]] = {}
    for exercise, row in rows:
        names.setdefault(exercise.title.partition(":")[0], []).append(row.name)
    return "; ".join(f"{title}: {', '.join(each)}" for title, each in names.items())
