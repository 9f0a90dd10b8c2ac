"""Hypotheses about the incoming gradient: it is missing, or it is that of another tensor."""

from __future__ import annotations

import torch

from grader.diagnosis.case import LOSS, Case, Term
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.elements import most_elements
from grader.diagnosis.layout import Layout
from grader.diagnosis.match import multiple
from grader.diagnosis.matrix import matrix_products, product_with_ones
from grader.diagnosis.scatter import counted
from grader.diagnosis.search import factors
from grader.protocol.gradient import gradient_name
from grader.records.scorecard import Diagnosis

FAINT = 1e-2
"""Of the right answer: what may be rounding alone."""
SINGLE = 1e-6
"""Rounding of a float32 sum, relative to the sum of the magnitudes."""


def wrong_upstream(case: Case) -> Diagnosis | None:
    """A simple product with the gradient of a tensor that X does not flow into directly."""
    for term in case.parts:
        for name, cotangent in case.cotangents.items():
            direct = name in case.contributions and not case.jumps
            if not (direct and term.name == name) and _made_from(case, cotangent, term, direct):
                return _wrong_upstream(case, name, term)
    return None


def _wrong_upstream(case: Case, name: str, term: Term) -> Diagnosis:
    if name in case.contributions and name != term.name and not case.jumps:
        why = f"The part of `d{case.target}` that should come through `{term.name}` is a product"
        look_at = f"Which gradient comes back to the forward line that makes `{term.name}`?"
    else:
        why = f"`d{case.target}`, as if `{case.target}` flowed directly into `{name}`, is a product"
        look_at = f"Which forward lines use `{case.target}`, and which names are on their left?"
    return diagnosis(
        "wrong_upstream",
        f"{why} with `d{name}`.",
        look_at,
        used=gradient_name(name),
        path=term.name,
    )


def _made_from(case: Case, cotangent: torch.Tensor, term: Term, plain: bool) -> bool:
    """Whether the part is a product with this cotangent; `plain`: with a tensor as it is."""
    value = term.student
    layout = Layout.of(value.shape, cotangent.shape)
    if layout is None:
        return any(
            multiple(value, product, case.floor) is not None
            for _, _, product in matrix_products(case.tensors, value.shape, cotangent)
        )
    found = factors(case.candidates, layout, value, cotangent, case.floor)
    return any(factor.function == "{}" or not plain for factor in found)


def nothing_read(case: Case) -> Diagnosis | None:
    """Local derivatives alone, where no cotangent flowed in at all.

    Tried first: without a random cotangent the right answer is the gradient of the loss on the
    data, and a forward tensor may well be a multiple of that.
    """
    return None if case.cotangents else upstream_missing(case)


def upstream_missing(case: Case) -> Diagnosis | None:
    """The local derivative alone: a function of forward tensors without any cotangent.

    Not where hardly anything differs from the gradient of the loss: that was derived in one go.
    """
    shares = [name for name in case.contributions if name != LOSS]
    straight = not case.cotangents and most_elements(case) is not None
    if not shares or straight or case.context.straight:
        return None
    for term in case.terms:
        shape = case.shape_of(term.name)
        alone = shape is not None and term.name != LOSS and _alone(case, term.student, shape)
        if alone:
            return _upstream_missing(case, term.name, alone)
    alone = _alone(case, case.raw, case.raw.shape) or _a_tensor(case) or counted(case)
    return _upstream_missing(case, shares[0], alone) if alone else None


def _alone(case: Case, value: torch.Tensor, shape: torch.Size) -> str | None:
    """What the value is made of, if no cotangent is needed to explain it."""
    layout = Layout.of(value.shape, shape)
    if layout is None:
        return product_with_ones(case, shape, value)
    ones = torch.ones((), dtype=torch.float64)
    found = factors(case.candidates, layout, value, ones, case.floor)
    if found:
        return found[0].text
    return product_with_ones(case, shape, value) or _cancelled(case, layout, value)


def _cancelled(case: Case, layout: Layout, value: torch.Tensor) -> str | None:
    """A tensor whose sums vanish, as those of a normalised batch do: only rounding is left."""
    if case.cotangents or float(value.abs().max()) > FAINT * float(case.expected.abs().max()):
        return None
    for name, tensor in case.tensors.items():
        if layout.reduced and layout.takes(tensor):
            terms = layout.flat(tensor)
            rounding = SINGLE * float(terms.abs().sum(-1).max())
            if max(float(terms.sum(-1).abs().max()), float(value.abs().max())) <= rounding:
                return name
    return None


def _a_tensor(case: Case) -> str | None:
    """The value is a forward tensor, lying or standing."""
    for name, tensor in case.tensors.items():
        if tensor.dim() == 2 and multiple(case.raw, tensor.T) is not None:
            return name
    return None


def _upstream_missing(case: Case, path: str, alone: str) -> Diagnosis:
    part = f"`d{case.target}`"
    if len(case.contributions) > 1:
        part = f"The part of {part} that comes through `{path}`"
    return diagnosis(
        "upstream_missing",
        f"{part} is a local derivative alone: no incoming gradient is in it.",
        "The chain rule multiplies two factors at each step: which of them is in your line?",
        made_of=alone,
        path=path,
    )
