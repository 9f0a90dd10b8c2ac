"""Why a gradient of a function is wrong, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from msgspec.structs import replace

from grader.assignment import Tolerance
from grader.diagnosis import Context, diagnose
from grader.diagnosis.codes import diagnosis
from grader.exercises.functions import ways
from grader.exercises.functions.judging import Judged
from grader.exercises.functions.values import Valued, valued
from grader.exercises.functions.ways import Change, Way, WaysBack
from grader.marking.attempt import Attempt
from grader.marking.comparison import close, squeezed
from grader.protocol.gradient import gradient_name
from grader.records.scorecard import Diagnosis

PLAIN = frozenset(
    {"sign", "constant_factor", "missing_sum", "missing_keepdim", "missing_broadcast", "wrong_dim"}
    | {"transposed", "wrong_shape", "ones_start", "upstream_missing"}
)
"""Codes of mistakes that are told from the result as a whole."""
MAX_ELEMENTS = 200_000
OUT = "out"


class FunctionReasons:
    """The reasons of one file."""

    def __init__(self, results: Sequence[Judged], tolerance: Tolerance) -> None:
        self._results = {each.exercise.id: each for each in results}
        self._tolerance = tolerance

    def explained(self, attempt: Attempt) -> Attempt:
        """The attempt with the reason why it is wrong."""
        evidence = attempt.finding.evidence
        if attempt.diagnosis is not None or not isinstance(evidence, Valued):
            return attempt
        if evidence.numbers is None or evidence.numbers.numel() > MAX_ELEMENTS:
            return attempt
        found = self._reason(attempt.target, evidence, self._results[attempt.exercise or ""])
        line = attempt.lines[-1].line if attempt.lines else None
        if found is not None and line is not None:
            found = replace(found, evidence=found.evidence | {"line": line})
        return replace(attempt, diagnosis=found)

    def _reason(self, target: str, evidence: Valued, result: Judged) -> Diagnosis | None:
        whole = diagnose(_context(target, evidence))
        if whole.code in PLAIN:
            return whole
        return self._by_ways(target, result) or whole

    def _by_ways(self, target: str, result: Judged) -> Diagnosis | None:
        """The first single change of the oracle's ways back that makes the student's result, in
        every case.
        """
        tolerance = self._tolerance
        given = [valued(o, target, result.variant, tolerance) for o in result.outcomes]
        known = [each for each in given if each.numbers is not None]
        if not known:
            return None
        first = _Again(target, known[0], tolerance)
        for again, told in _hypotheses(target, first.back):
            if first.fits(again(first.back)) and all(
                other.fits(again(other.back)) for other in _others(target, known, tolerance)
            ):
                return told(gradient_name(target))
        return None


class _Again:
    """One case, differentiated again with changes."""

    def __init__(self, target: str, each: Valued, tolerance: Tolerance) -> None:
        self.target = target
        self._each = each
        self._tolerance = tolerance
        self._case = each.outcome.asked.case
        self.back, self._inputs = self._case.ways_back(each.variant)

    def fits(self, gradients: dict[str, torch.Tensor] | None) -> bool:
        """Whether the student has these, as the course teaches them."""
        numbers = self._each.numbers
        if gradients is None or numbers is None:
            return False
        made = self._case.taught(gradients, self._inputs)[self.target]
        return any(_same(numbers, reading, self._tolerance) for reading in made)


def _others(target: str, known: Sequence[Valued], tolerance: Tolerance) -> Iterator[_Again]:
    for each in known[1:]:
        yield _Again(target, each, tolerance)


def _same(numbers: torch.Tensor, expected: torch.Tensor, tolerance: Tolerance) -> bool:
    if squeezed(list(numbers.shape)) != squeezed(list(expected.shape)):
        return False
    return bool(close(numbers.reshape(expected.shape), expected, tolerance).all())


Again = Callable[[WaysBack], dict[str, torch.Tensor] | None]
"""Differentiates again, with a mistake."""
Told = Callable[[str], Diagnosis]


def _hypotheses(target: str, back: WaysBack) -> Iterator[tuple[Again, Told]]:
    """The simplest first. Ways go by their position, which is the same in every case of one
    forward function; then all ways of a kind at once, as every step of a sequence has them.
    """
    found = back.ways
    yield lambda other: other.gradients({}, upstream=False), _upstream
    if len(back.consumers(target)) > 1:
        yield _only(target, 0), _not_carried_on  # of a sequence, from its end
        yield from ((_only(target, position), _overwritten) for position in (-1, -2, 1))
    for number, way in enumerate(found):
        if way.forks:
            yield _one(number, ways.dropped), _missing(way)
    for kind, way in {way.kind: way for way in found}.items():
        if way.forks:
            yield _kind(kind, ways.dropped), _missing(way)
        if way.operation in ways.ELEMENTWISE:
            yield _kind(kind, ways.passed_on), _local(way)
        yield from ((_kind(kind, change), _otherwise(way)) for change in ways.mistaken(way))
    for number, way in enumerate(found):
        if way.operation in ways.ELEMENTWISE:
            yield _one(number, ways.passed_on), _local(way)
        yield from ((_one(number, change), _otherwise(way)) for change in ways.mistaken(way))
        yield _one(number, ways.turned), _sign(way)
        yield _one(number, ways.doubled), _factor(way, "twice")
        yield _one(number, ways.halved), _factor(way, "half")


def _one(number: int, change: Change) -> Again:
    return lambda back: (
        back.gradients({back.ways[number]: change}) if number < len(back.ways) else None
    )


def _kind(kind: tuple[str, int], change: Change) -> Again:
    return lambda back: back.gradients(
        {way: change for way in back.ways if way.kind == kind and way.forks}
        or {way: change for way in back.ways if way.kind == kind}
    )


def _only(target: str, position: int) -> Again:
    """One of a leaf's uses alone."""

    def again(back: WaysBack) -> dict[str, torch.Tensor] | None:
        used = back.consumers(target)
        if not -len(used) <= position < len(used):
            return None
        return back.gradients({way: ways.dropped for way in used if way != used[position]})

    return again


def _upstream(name: str) -> Diagnosis:
    return diagnosis(
        "upstream_missing",
        f"`{name}` is a local derivative alone: no incoming gradient is in it.",
        "What does the gradient that flows in have to do with the result?",
    )


def _not_carried_on(name: str) -> Diagnosis:
    return diagnosis(
        "missing_path",
        f"`{name}` holds what the last use of it gives alone: nothing flows back to those before.",
        "What does each step hand on to the one before it?",
    )


def _overwritten(name: str) -> Diagnosis:
    return diagnosis(
        "overwritten",
        f"`{name}` holds what one use of it gives alone: what comes from the others is not there.",
        "What is to happen to what the steps before have left?",
    )


def _otherwise(way: Way) -> Told:
    return lambda name: diagnosis(
        "wrong_factor",
        f"On the way to `{name}` the derivative of {way.words} is taken wrongly.",
        "What is the derivative of this function, and at which value is it taken?",
        through=way.operation,
    )


def _missing(way: Way) -> Told:
    return lambda name: diagnosis(
        "missing_path",
        f"`{name}` lacks a contribution: the one that comes back through {way.words}.",
        "In how many places of the forward pass is each of its values read?",
        through=way.operation,
    )


def _local(way: Way) -> Told:
    return lambda name: diagnosis(
        "wrong_factor",
        f"On the way to `{name}` the derivative of {way.words} is not multiplied in.",
        "What is the derivative of this function, and at which value is it taken?",
        through=way.operation,
    )


def _sign(way: Way) -> Told:
    return lambda name: diagnosis(
        "sign",
        f"On the way to `{name}` one contribution has the wrong sign: the one through {way.words}.",
        "Which of the values enters the forward pass with a minus?",
        through=way.operation,
    )


def _factor(way: Way, much: str) -> Told:
    return lambda name: diagnosis(
        "constant_factor",
        f"On the way to `{name}` one contribution is {much} what it should be: the one through "
        f"{way.words}.",
        "Which exponent, mean or regularisation has a factor of its own?",
        through=way.operation,
    )


def _context(target: str, each: Valued) -> Context:
    """What the numbers alone tell: the result, the truth, and what flowed in."""
    case = each.outcome.asked.case
    truth = case.truth(each.variant)
    outputs = {key or OUT: value for key, value in truth.outputs.items()}
    flowing = {(key or OUT): torch.from_numpy(value) for key, value in case.cotangents.items()}
    assert each.numbers is not None
    inputs = {
        name: torch.from_numpy(value)
        for name, value in case.arguments.items()
        if hasattr(value, "shape")
    }
    paths = {next(iter(flowing), "loss"): each.expected}
    return Context(
        target=target,
        student=each.numbers.to(torch.float64),
        expected=each.expected,
        cotangents=flowing if len(flowing) == 1 else {},
        paths=paths,
        consumers={},
        tensors={n: v for n, v in (inputs | outputs).items() if v.is_floating_point()},
        accumulates=False,
        index={n: v for n, v in inputs.items() if not v.is_floating_point()},
    )
