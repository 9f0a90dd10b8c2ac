"""Why a gradient of a function is wrong, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from msgspec.structs import replace

from grader.assignment import Tolerance
from grader.diagnosis import Context, diagnose
from grader.exercises.functions.hypotheses import hypotheses
from grader.exercises.functions.judging import Judged
from grader.exercises.functions.search import EditSearch
from grader.exercises.functions.values import Valued, valued
from grader.marking.attempt import Attempt
from grader.marking.comparison import close, squeezed
from grader.protocol.gradient import gradient_name
from grader.records.scorecard import Diagnosis

PLAIN = frozenset(
    {"sign", "constant_factor", "missing_sum", "missing_keepdim", "missing_broadcast", "wrong_dim"}
    | {"transposed", "wrong_shape", "ones_start", "upstream_missing"}
)
"""Codes of mistakes that are told from the result as a whole."""
SOMEWHERE = frozenset({"sign"})
"""Codes of mistakes on the way to a gradient, of which the numbers do not tell the line."""
MAX_ELEMENTS = 200_000
OUT = "out"


class FunctionReasons:
    """The reasons of one file."""

    def __init__(
        self, results: Sequence[Judged], tolerance: Tolerance, search: EditSearch | None = None
    ) -> None:
        """search: for mistakes that the numbers do not tell; only where there is a sandbox."""
        self._results = {each.exercise.id: each for each in results}
        self._tolerance = tolerance
        self._search = search

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
            found = replace(found, evidence={"line": line} | found.evidence)
        return replace(attempt, diagnosis=found)

    def _reason(self, target: str, evidence: Valued, result: Judged) -> Diagnosis | None:
        whole = diagnose(_context(target, evidence))
        if whole.code in PLAIN:
            return whole
        found = self._by_ways(target, result)
        if self._search is None or result.former or (found and found.code not in SOMEWHERE):
            return found or whole
        edit = self._search.reason(result, target)
        if found is None or (edit is not None and edit.code == found.code):
            return edit or found or whole
        return found

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
        for again, told in hypotheses(target, first.back):
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
