"""Hypotheses about the local derivative and the gradient that it is multiplied with."""

from __future__ import annotations

import torch

from grader.diagnosis.case import LOSS, Case, Term
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.elements import most_elements
from grader.diagnosis.layout import Layout
from grader.diagnosis.match import multiple
from grader.diagnosis.matrix import upstream_missing_in_product
from grader.diagnosis.reading import Reading
from grader.diagnosis.search import ONE, Factor, factors
from grader.model import Diagnosis


def replaced_factor(case: Case) -> Diagnosis | None:
    """The incoming gradient times something else than the local derivative."""
    for term, reading in case.read_terms:
        used = _factors(case, term.student, reading, reading.cotangent)
        if not used:
            continue
        if used[0].tensor == ONE:
            return _no_factor(case, term)
        for factor in used:
            if any(_stands_for(factor, right) for right in reading.factors):
                return _operand(case, term, factor)
        return _factor(case, term, used[0])
    return None


def extra_factor(case: Case) -> Diagnosis | None:
    """The right answer times a function of a forward tensor, before any sum."""
    for term, reading in case.read_terms:
        weight = reading.unsummed if reading.layout.reduced else term.right
        found = [] if weight is None else _factors(case, term.student, reading, weight)
        if found and found[0].tensor != ONE:
            return diagnosis(
                "wrong_factor",
                f"The part of `d{case.target}` that comes through `{term.name}` differs from the "
                f"right one by a factor that follows {found[0].text}.",
                f"Check the local derivative of the forward line that makes `{term.name}`, factor "
                "by factor.",
                ratio=found[0].text,
                constant=found[0].constant,
                path=term.name,
            )
    return None


def wrong_upstream(case: Case) -> Diagnosis | None:
    """A product with the gradient of a tensor that is no way back from here."""
    for term in case.terms:
        for name, cotangent in case.cotangents.items():
            layout = Layout.of(case.expected.shape, cotangent.shape)
            if name == term.name or name in case.contributions or layout is None:
                continue
            if factors(case.candidates, layout, term.student, cotangent, case.floor):
                return diagnosis(
                    "wrong_upstream",
                    f"`d{case.target}` is computed from `d{name}`.",
                    f"Which forward line uses `{case.target}`, and what is the name on its left?",
                    used=f"d{name}",
                )
    return None


def nothing_read(case: Case) -> Diagnosis | None:
    """Local derivatives alone, where no cotangent flowed in at all.

    Tried first: without a random cotangent the right answer is the gradient of the loss on the
    data, and a forward tensor may well be a multiple of that.
    """
    return None if case.cotangents or most_elements(case) else upstream_missing(case)


def upstream_missing(case: Case) -> Diagnosis | None:
    """The local derivative alone: a function of forward tensors without any cotangent."""
    shares = [name for name in case.contributions if name != LOSS]
    if not shares:
        return None
    for term in case.terms:
        shape = case.shape_of(term.name)
        alone = shape is not None and term.name != LOSS and _alone(case, term.student, shape)
        if alone:
            return _upstream_missing(case, term.name, alone)
    alone = _alone(case, case.raw, case.raw.shape) or _a_tensor(case)
    return _upstream_missing(case, shares[0], alone) if alone else None


def _alone(case: Case, value: torch.Tensor, shape: torch.Size) -> str | None:
    """What the value is made of, if no cotangent is needed to explain it."""
    layout = Layout.of(value.shape, shape)
    if layout is None:
        return upstream_missing_in_product(case, shape, value)
    ones = torch.ones((), dtype=torch.float64)
    found = factors(case.candidates, layout, value, ones, case.floor)
    return found[0].text if found else upstream_missing_in_product(case, shape, value)


def _a_tensor(case: Case) -> str | None:
    """The value is a forward tensor, lying or standing."""
    for name, tensor in case.tensors.items():
        if tensor.T.shape == case.raw.shape if tensor.dim() == 2 else False:
            if multiple(case.raw, tensor.T) is not None:
                return name
    return None


def _factors(case: Case, value: torch.Tensor, reading: Reading, weight: torch.Tensor) -> list[Factor]:
    return factors(case.candidates, reading.layout, value, weight, case.floor)


def _stands_for(used: Factor, right: Factor) -> bool:
    """The right function of another tensor."""
    return used.function == right.function and ONE not in {used.tensor, right.tensor}


def _upstream_missing(case: Case, path: str, alone: str) -> Diagnosis:
    return diagnosis(
        "upstream_missing",
        f"`d{case.target}` is a local derivative alone: no incoming gradient is in it"
        f"{'' if len(case.contributions) == 1 else f', not for the way through `{path}`'}.",
        "The chain rule has two factors at each step. Which of them is in your line?",
        made_of=alone,
        path=path,
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


def _operand(case: Case, term: Term, factor: Factor) -> Diagnosis:
    return diagnosis(
        "wrong_operand",
        f"The gradient that comes through `{term.name}` is multiplied with {factor.text}: the right "
        "form, but `" + factor.tensor + "` is another tensor.",
        f"Look at the forward line that makes `{term.name}`: which tensors stand there?",
        used=factor.tensor,
        factor=factor.text,
        constant=factor.constant,
        path=term.name,
    )


def _factor(case: Case, term: Term, factor: Factor) -> Diagnosis:
    return diagnosis(
        "wrong_factor",
        f"The gradient that comes through `{term.name}` is multiplied with something that follows "
        f"{factor.text}, and that is not the local derivative.",
        f"Differentiate the forward line that makes `{term.name}` once more, on paper.",
        used=factor.text,
        constant=factor.constant,
        path=term.name,
    )
