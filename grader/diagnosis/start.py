"""Hypotheses about what a gradient was started from."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from grader.diagnosis.case import Case
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.match import RELATIVE, SIGNIFICANT, same
from grader.protocol.gradient import gradient_name
from grader.records.scorecard import Diagnosis


def ones_start(case: Case) -> Diagnosis | None:
    """Ones were there first: one too much everywhere, or ones wherever nothing was written."""
    if case.student is None:
        return None
    tolerance = RELATIVE * float(case.expected.abs().max()) + case.floor
    too_much = (case.student - case.expected - 1.0).abs() <= tolerance
    untouched = (case.expected == 0) & (case.student == 1)
    written = (case.student - case.expected).abs() <= tolerance
    left_over = bool(untouched.any()) and bool((untouched | written).all())
    if not (bool(too_much.all()) or (left_over and bool(case.expected.any()))):
        return None
    return diagnosis(
        "ones_start",
        f"There is a 1 too much in {'every element' if bool(too_much.all()) else 'the elements'} "
        f"of `d{case.target}`{'' if bool(too_much.all()) else ' that no line writes'}.",
        f"What does `d{case.target}` hold before the first contribution is written into it?",
        difference=1.0,
        elements=int((too_much | untouched).sum()),
    )


def accumulated(case: Case) -> Diagnosis | None:
    """The right answer on top of another tensor."""
    if case.student is None:
        return None
    difference = case.student - case.expected
    for name, value in _others(case):
        if float(value.abs().max()) > SIGNIFICANT * case.floor and same(
            difference, value, case.floor
        ):
            return diagnosis(
                "accumulated",
                f"`d{case.target}` is right but for `{name}`, which is in it as well.",
                f"What does `d{case.target}` hold before the first contribution is added to it?",
                added=name,
            )
    return None


def _others(case: Case) -> Iterator[tuple[str, torch.Tensor]]:
    shape = case.expected.shape
    yield from ((name, t) for name, t in case.tensors.items() if t.shape == shape)
    yield from ((gradient_name(name), t) for name, t in case.cotangents.items() if t.shape == shape)
