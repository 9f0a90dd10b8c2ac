"""From attempts to judgements: for every target of every exercise, what counts and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from grader.assignment import Assignment, Exercise
from grader.marking.attempt import Attempt, of_exercise
from grader.marking.comparison import SEVERITY
from grader.marking.points import Judgement, basis_of, points, score_target
from grader.protocol.gradient import gradient_name
from grader.records.comparison import Comparison
from grader.records.scorecard import Diagnosis, ExerciseScore

UNFOLLOWED = "its lines cannot be followed"
UNSEARCHED = Diagnosis(
    code="unexplained",
    why="It is wrong; the search for the reason failed itself: please report this.",
    look_at="Does the line do what the derivative says, shape by shape?",
)
CONSTANT = "a constant: it stays the same when the network changes"


Unanswered = Mapping[tuple[str, str], Judgement]
"""Exercise and target → what is to be said where there is no attempt at all."""


class Selection:
    """Of one submission's attempts, those that count by one assignment."""

    def __init__(
        self,
        assignment: Assignment,
        attempts: Sequence[Attempt],
        unanswered: Unanswered,
        explained: Callable[[Attempt], Attempt] = lambda attempt: attempt,
    ) -> None:
        """explained: an attempt with the reason why it is wrong."""
        self.assignment = assignment
        self.attempts = attempts
        self.unanswered = unanswered
        self.explained = explained

    def exercises(self) -> list[ExerciseScore]:
        """Every exercise, scored."""
        return [self._exercise(exercise) for exercise in self.assignment.spec.exercises]

    def _exercise(self, exercise: Exercise) -> ExerciseScore:
        rates = self.assignment.spec.rates
        rows = [
            score_target(
                self._judgement(exercise, target),
                max_score=self.assignment.points(exercise, target),
                rates=rates,
            )
            for target in exercise.targets
        ]
        return ExerciseScore(
            id=exercise.id,
            title=exercise.title,
            score=sum(row.score for row in rows),
            max_score=sum(row.max_score for row in rows),
            targets=rows,
        )

    def _judgement(self, exercise: Exercise, target: str) -> Judgement:
        tried = any(
            attempt.target == target
            and attempt.exercise == exercise.id
            and attempt.key is not None
            and not attempt.in_loop
            for attempt in self.attempts
        )
        found = of_exercise(self.attempts, exercise, target, tried=tried)
        chosen = self._best(found)
        if chosen is None:
            nothing = Judgement(target=target, comparison=Comparison(verdict="missing"))
            return self.unanswered.get((exercise.id, target), nothing)
        return replace(self._judged(chosen, found), diagnosis=self._reason(chosen))

    def _reason(self, chosen: Attempt) -> Diagnosis | None:
        """Why it is wrong. A fault in the search for it costs no mark, and no scorecard."""
        try:
            return self.explained(chosen).diagnosis
        except Exception as error:  # noqa: BLE001 - of many hypotheses any may fail on odd numbers
            return replace(UNSEARCHED, evidence={"error": f"{type(error).__name__}: {error}"[:200]})

    def _best(self, attempts: Iterable[Attempt]) -> Attempt | None:
        """The attempt that earns most by the assignment's own rates, the later of equals."""
        return max(attempts, key=self._merit, default=None)

    def _merit(self, attempt: Attempt) -> tuple[float, int, int]:
        judgement = self._judged(attempt, [attempt])
        rates = self.assignment.spec.rates
        basis = basis_of(judgement)
        earned = points(basis, 1.0, rates, judgement.step, exempt=judgement.exempt)
        return earned, -SEVERITY[attempt.comparison.verdict], attempt.order

    def _judged(self, chosen: Attempt, found: Sequence[Attempt]) -> Judgement:
        comparison, finding = chosen.comparison, chosen.finding
        engine = ", ".join(finding.engine)
        notes = [
            chosen.note,
            comparison.note,
            CONSTANT if finding.constant else None,
            f"computed from autograd's {engine}" if engine else None,
        ]
        verdict, name = comparison.verdict, gradient_name(chosen.target)
        if finding.slipped is not None and not comparison.right and verdict != "missing":
            verdict = "unjudged"
            notes.append(
                f"it differentiates `{finding.slipped}`, which your forward pass computes otherwise"
            )
        position = f"{found.index(chosen) + 1} of {len(found)}" if len(found) > 1 else None
        return Judgement(
            target=chosen.target,
            comparison=replace(
                comparison,
                verdict=verdict,
                expected_shape=comparison.expected_shape or None,
                note="; ".join(note for note in notes if note) or None,
            ),
            step=chosen.step,
            copied=finding.copied,
            constant=finding.constant,
            follows=finding.follows,
            own_forward=finding.own_forward,
            coincides=finding.coincides,
            exempt=chosen.slipped,
            unproven=(finding.why or UNFOLLOWED) if chosen.step == "unknown" else None,
            root_cause=self._root_cause(chosen),
            found_as=chosen.name if chosen.name != name else None,
            attempt=position,
            upstream=chosen.upstream,
            lines=chosen.lines,
        )

    def _root_cause(self, chosen: Attempt) -> str | None:
        """The first gradient upstream that is wrong by its own fault; None if this one is."""
        if chosen.blamed is not None:
            return chosen.blamed
        follows = chosen.step == "right" or chosen.finding.follows
        if chosen.comparison.right or not follows:
            return None
        by_key = {each.key: each for each in self.attempts if each.key is not None}
        waiting = list(chosen.finding.sources)
        visited: set[int] = set()
        cause: Attempt | None = None
        while waiting:
            number = waiting.pop(0)
            attempt = by_key.get(number)
            if attempt is None or number in visited or attempt.comparison.right:
                continue
            visited.add(number)
            cause = attempt
            if attempt.step != "right" and not attempt.finding.follows:
                break
            waiting += attempt.finding.sources
        return gradient_name(cause.target) if cause is not None else None
