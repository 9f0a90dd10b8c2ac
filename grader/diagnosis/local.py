"""Hypotheses about the local derivative: a wrong, a missing or an extra factor."""

from __future__ import annotations

import torch

from grader.diagnosis.case import LOSS, Case, Term
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.layout import Layout
from grader.diagnosis.match import multiple
from grader.diagnosis.reading import Reading
from grader.diagnosis.search import ONE, Factor, factors
from grader.records.scorecard import Diagnosis

TRANSCENDENTAL = ("exp", "log", "tanh", "1 − tanh")


def replaced_factor(case: Case) -> Diagnosis | None:
    """The incoming gradient times something else than the local derivative."""
    for term, reading in case.read_terms:
        used = _factors(case, term.student, reading, reading.cotangent)
        right = {(factor.tensor, factor.function) for factor in reading.factors}
        if not used or used[0].tensor in case.masks or (used[0].tensor, used[0].function) in right:
            continue
        if used[0].tensor == ONE:
            return _no_factor(case, term)
        swapped = next((f for f in used if _stands_for(f, reading.factors)), None)
        return _operand(term, swapped) if swapped else _factor(term, used[0])
    return None


def extra_factor(case: Case) -> Diagnosis | None:
    """The right answer times a function of a forward tensor, before any sum or after it."""
    readings = {term.name: reading for term, reading in case.read_terms}
    for term in case.results:
        if multiple(term.student, term.right, case.floor) is not None:
            continue
        reading = readings.get(term.name)
        if reading is not None and reading.unsummed is not None:
            found = _factors(case, term.student, reading, reading.unsummed)
        else:
            found = _of_result(case, term)
        if found and found[0].tensor not in {ONE, *case.masks}:
            return _extra(case, term, found[0])
    return None


def _factors(
    case: Case, value: torch.Tensor, reading: Reading, weight: torch.Tensor
) -> list[Factor]:
    return factors(case.candidates, reading.layout, value, weight, case.floor)


def _of_result(case: Case, term: Term) -> list[Factor]:
    layout = Layout(term.right.shape, term.right.shape)
    return factors(case.candidates, layout, term.student, term.right, case.floor)


def _stands_for(used: Factor, right: list[Factor]) -> bool:
    """The right function of another tensor.

    Two tensors may be powers of each other: then `bnvar` in place of `bnvar_inv` is another
    tensor, counts_sum² in place of 1/counts_sum² another function.
    """
    if not right or right[0].tensor == ONE or used.function != right[0].function:
        return False
    related = {f.tensor for f in right if not f.function.startswith(TRANSCENDENTAL)}
    return used.function == "{}" or used.tensor not in related


def _extra(case: Case, term: Term, factor: Factor) -> Diagnosis:
    named = term.name not in {"", LOSS}
    part = f"The part of `d{case.target}` that comes through `{term.name}`"
    line = f"the forward line that makes `{term.name}`"
    return diagnosis(
        "wrong_factor",
        f"{part if named else f'`d{case.target}`'} differs from the right one by a factor that "
        f"follows {factor.text}.",
        f"Check {f'the local derivative of {line}' if named else 'your derivative'}, factor by "
        "factor.",
        ratio=factor.text,
        constant=factor.constant,
        path=term.name or None,
    )


def _no_factor(case: Case, term: Term) -> Diagnosis:
    return diagnosis(
        "wrong_factor",
        f"The gradient that comes through `{term.name}` is passed on without the local derivative.",
        f"How much does the result of the forward line that makes `{term.name}` change when "
        f"`{case.target}` changes a little?",
        used=ONE,
        path=term.name,
    )


def _operand(term: Term, factor: Factor) -> Diagnosis:
    return diagnosis(
        "wrong_operand",
        f"The gradient that comes through `{term.name}` is multiplied with {factor.text}: the "
        f"right form, but `{factor.tensor}` is another tensor.",
        f"Look at the forward line that makes `{term.name}`: which tensors stand there?",
        used=factor.tensor,
        factor=factor.text,
        constant=factor.constant,
        path=term.name,
    )


def _factor(term: Term, factor: Factor) -> Diagnosis:
    return diagnosis(
        "wrong_factor",
        f"The gradient that comes through `{term.name}` is multiplied with something that follows "
        f"{factor.text}, and that is not the local derivative.",
        f"Differentiate the forward line that makes `{term.name}` once more, on paper.",
        used=factor.text,
        constant=factor.constant,
        path=term.name,
    )
