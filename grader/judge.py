"""From attempts to judgements: for every target of every exercise, what counts and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from grader.analysis.study import Study
from grader.assignment import Assignment, Exercise
from grader.attempt import Attempt, best, of_exercise
from grader.compare import Comparison, compare
from grader.model import ExerciseScore, Line
from grader.passes import JudgedPass
from grader.reference import Network
from grader.scoring import Judgement, score_target
from grader.trace import Trace
from grader.wire import Candidate

CONSTANT = "a constant: it stays the same when the network changes"
TELLING = 1e-6
"""Greatest element of a gradient below which another variable cannot be told to be it."""


class Judge:
    """Judges one submission's attempts by one assignment."""

    def __init__(
        self,
        assignment: Assignment,
        study: Study,
        trace: Trace,
        attempts: Sequence[Attempt],
        passes: dict[int, JudgedPass],
    ) -> None:
        self.assignment = assignment
        self.study = study
        self.trace = trace
        self.attempts = attempts
        self.passes = passes
        plain = [e for e in assignment.spec.exercises if not e.upstream and not e.training]
        self.first_plain = plain[0] if plain else assignment.spec.exercises[0]

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
            life.target == target and life.exercise == exercise.id and life.loop is None
            for life in self.study.program.lifetimes
        )
        found = of_exercise(
            self.attempts,
            exercise,
            target,
            tried=tried,
        )
        chosen = best(found)
        if chosen is not None:
            return self._judged(chosen, found)
        if exercise is self.first_plain:
            for candidate, comparison in self._other_names(target):
                return _renamed(target, candidate, comparison)
        return self._missing(exercise, target)

    def _judged(self, chosen: Attempt, found: Sequence[Attempt]) -> Judgement:
        comparison, life = chosen.comparison, chosen.lifetime
        notes = [
            chosen.note,
            comparison.note,
            CONSTANT if chosen.constant else None,
            _engine_note(chosen),
        ]
        position = f"{found.index(chosen) + 1} of {len(found)}" if len(found) > 1 else None
        return Judgement(
            target=chosen.target,
            verdict=comparison.verdict,
            exact=comparison.exact,
            allclose=comparison.allclose,
            max_diff=comparison.max_diff,
            shape=comparison.shape,
            expected_shape=comparison.expected_shape or None,
            dtype=comparison.dtype,
            step=chosen.step,
            copied=chosen.copied,
            constant=chosen.constant,
            unproven=chosen.unproven,
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
        if chosen.comparison.right or chosen.step != "right" or chosen.lifetime is None:
            return None
        by_lifetime = {a.lifetime.id: a for a in self.attempts if a.lifetime is not None}
        waiting = [up.lifetime for up in chosen.lifetime.upstream]
        visited: set[int] = set()
        cause: Attempt | None = None
        while waiting:
            number = waiting.pop(0)
            attempt = by_lifetime.get(number) if number is not None else None
            if attempt is None or attempt.lifetime is None or attempt.lifetime.id in visited:
                continue
            visited.add(attempt.lifetime.id)
            if attempt.comparison.right:
                continue
            cause = attempt
            if attempt.step == "right":
                waiting += [up.lifetime for up in attempt.lifetime.upstream]
            else:
                break
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

    def _other_names(self, target: str) -> Iterator[tuple[Candidate, Comparison]]:
        """The one variable, written without the engine, that holds this gradient's values."""
        fits = []
        for candidate, numbers in self.trace.bystanders:
            judged = self.passes.get(candidate.pass_id)
            if judged is None or not isinstance(judged.network, Network):
                continue
            expected = judged.network.gradients[target]
            if float(expected.abs().max()) < TELLING or _twins(judged.network, target):
                continue
            result = compare(candidate.value, numbers, expected, self.assignment.spec.tolerance)
            if result.right:
                fits.append((candidate, result))
        if len(fits) == 1:
            yield fits[0]


def _engine_note(chosen: Attempt) -> str | None:
    """Which of autograd's gradients a step was computed from."""
    upstream = chosen.lifetime.upstream if chosen.lifetime else ()
    names = sorted({up.name for up in upstream if up.name.endswith(".grad")})
    return f"computed from autograd's {', '.join(names)}" if names else None


def _twins(network: Network, target: str) -> bool:
    """Whether another gradient has the same values, as dlogits and dnorm_logits have."""
    mine = network.gradients[target]
    return any(
        other.shape == mine.shape and torch.allclose(other, mine)
        for name, other in network.gradients.items()
        if name != target
    )


def _renamed(target: str, candidate: Candidate, comparison: Comparison) -> Judgement:
    return Judgement(
        target=target,
        verdict=comparison.verdict,
        exact=comparison.exact,
        allclose=comparison.allclose,
        max_diff=comparison.max_diff,
        shape=comparison.shape,
        expected_shape=comparison.expected_shape,
        dtype=comparison.dtype,
        found_as=candidate.name,
        note=f"found as `{candidate.name}`, the only variable with these values",
        unproven="it stands under another name, whose origin nobody asks",
    )
