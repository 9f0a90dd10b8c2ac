"""From attempts to judgements: for every target of every exercise, what counts and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from grader.analysis.study import Study
from grader.assignment import Assignment, Exercise
from grader.marking.attempt import SEVERITY, Attempt, of_exercise
from grader.marking.forward_pass import JudgedPass
from grader.marking.points import Judgement, basis_of, points, score_target
from grader.records.scorecard import ExerciseScore, Line
from grader.reference import Network

UNFOLLOWED = "its lines cannot be followed"
CONSTANT = "a constant: it stays the same when the network changes"


class Judge:
    """Judges one submission's attempts by one assignment."""

    def __init__(
        self,
        assignment: Assignment,
        study: Study,
        attempts: Sequence[Attempt],
        passes: dict[int, JudgedPass],
    ) -> None:
        self.assignment = assignment
        self.study = study
        self.attempts = attempts
        self.passes = passes

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
            and attempt.lifetime is not None
            and attempt.lifetime.loop is None
            for attempt in self.attempts
        )
        found = of_exercise(self.attempts, exercise, target, tried=tried)
        chosen = self._best(found)
        return self._missing(exercise, target) if chosen is None else self._judged(chosen, found)

    def _best(self, attempts: Iterable[Attempt]) -> Attempt | None:
        """The attempt that earns most by the assignment's own rates, the later of equals."""
        return max(attempts, key=self._merit, default=None)

    def _merit(self, attempt: Attempt) -> tuple[float, int, int]:
        judgement = self._judged(attempt, [attempt])
        rates = self.assignment.spec.rates
        earned = points(basis_of(judgement), 1.0, rates, exempt=judgement.exempt)
        return earned, -SEVERITY[attempt.comparison.verdict], attempt.order

    def _judged(self, chosen: Attempt, found: Sequence[Attempt]) -> Judgement:
        comparison, life, finding = chosen.comparison, chosen.lifetime, chosen.finding
        engine = ", ".join(finding.engine)
        notes = [
            chosen.note,
            comparison.note,
            CONSTANT if finding.constant else None,
            f"computed from autograd's {engine}" if engine else None,
        ]
        verdict = comparison.verdict
        if finding.slipped is not None and not comparison.right and verdict != "missing":
            verdict = "unjudged"
            notes.append(
                f"it differentiates `{finding.slipped}`, which your forward pass computes otherwise"
            )
        position = f"{found.index(chosen) + 1} of {len(found)}" if len(found) > 1 else None
        return Judgement(
            target=chosen.target,
            verdict=verdict,
            exact=comparison.exact,
            allclose=comparison.allclose,
            max_diff=comparison.max_diff,
            shape=comparison.shape,
            expected_shape=comparison.expected_shape or None,
            dtype=comparison.dtype,
            step=chosen.step,
            copied=finding.copied,
            constant=finding.constant,
            exempt=chosen.slipped,
            unproven=(finding.why or UNFOLLOWED) if chosen.step == "unknown" else None,
            root_cause=self._root_cause(chosen),
            diagnosis=chosen.diagnosis,
            found_as=chosen.name if chosen.name != f"d{chosen.target}" else None,
            attempt=position,
            upstream=chosen.upstream,
            lines=self.study.lines(life) if life else self._seen_in(chosen),
            note="; ".join(note for note in notes if note) or None,
        )

    def _root_cause(self, chosen: Attempt) -> str | None:
        """The first gradient upstream that is wrong by its own fault; None if this one is."""
        if chosen.comparison.right or chosen.step != "right":
            return None
        by_lifetime = {a.lifetime.id: a for a in self.attempts if a.lifetime is not None}
        waiting = list(chosen.finding.sources)
        visited: set[int] = set()
        cause: Attempt | None = None
        while waiting:
            number = waiting.pop(0)
            attempt = by_lifetime.get(number)
            if attempt is None or number in visited or attempt.comparison.right:
                continue
            visited.add(number)
            cause = attempt
            if attempt.step != "right":
                break
            waiting += attempt.finding.sources
        return f"d{cause.target}" if cause is not None else None

    def _seen_in(self, chosen: Attempt) -> list[Line]:
        """The cell in which a value without a visible statement appeared."""
        if chosen.cell < 0 or self.study.notebook.module:
            return []
        return [Line(cell=chosen.cell, line=1, text="(appeared while this cell ran)")]

    def _missing(self, exercise: Exercise, target: str) -> Judgement:
        """No value: say whether a statement for it stands somewhere."""
        network = next(
            (p.network for p in self.passes.values() if isinstance(p.network, Network)), None
        )
        shape = list(network.gradients[target].shape) if network else None
        lives = [
            life
            for life in self.study.program.lifetimes
            if life.target == target and life.exercise == exercise.id
        ]
        return Judgement(
            target=target,
            verdict="missing",
            expected_shape=shape,
            lines=self.study.lines(lives[-1]) if lives else (),
            note="its line was never reached, or raised an error" if lives else None,
        )
