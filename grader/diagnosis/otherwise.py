"""Hypotheses about the forward line that was differentiated: the step is right for another one."""

from __future__ import annotations

from collections.abc import Callable

from grader.diagnosis.case import Case
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.match import is_number, multiple
from grader.records.scorecard import Diagnosis
from grader.reference.changes import Change

Words = tuple[str, str, str]
"""Code, what is wrong, what to look at."""


def of_another_network(case: Case) -> Diagnosis | None:
    """The right gradient of a network that differs in one line."""
    if case.student is None:
        return None
    for variant in case.context.variants():
        expected = variant.expected.double()
        change = variant.change
        c = multiple(case.student, expected, case.floor)
        fits = is_number(c, 1.0) or (c is not None and change.kind == "average")
        if fits and multiple(expected, case.expected) is None:
            code, why, look_at = WORDS[change.kind](case.target, change)
            return diagnosis(code, why, look_at, line_of=change.tensor, was=change.was)
    return None


def _softmax_dim(target: str, change: Change) -> Words:
    return (
        "softmax_dim",
        (
            f"`d{target}` is right for a softmax along another dimension: the sum in its "
            "derivative goes across the rows that were normalised."
        ),
        (
            f"Along which dimension do the numbers of `{change.tensor}` add up to one? Whatever "
            "acts on one of them acts on the others along that."
        ),
    )


def _dim(target: str, change: Change) -> Words:
    return (
        "wrong_dim",
        f"`d{target}` is right for `{change.was}` along another dimension.",
        f"Along which dimension does the forward line that makes `{change.tensor}` go?",
    )


def _average(target: str, change: Change) -> Words:
    return (
        "average_for_maximum",
        (
            f"`d{target}` spreads the gradient over all that was compared, as for an average. "
            f"Only the greatest went into `{change.tensor}`."
        ),
        "If one of the smaller numbers changes a little, what does the maximum do?",
    )


def _mask(target: str, change: Change) -> Words:
    return (
        "wrong_factor",
        f"`d{target}` lets through what `{change.was}` stops, and stops what it lets through.",
        f"Where did the numbers of `{change.tensor}` move when `{target}` did?",
    )


def _carry(target: str, change: Change) -> Words:
    return (
        "carry_forgotten",
        (
            f"`d{target}` lacks what comes back from later steps of time through `{change.was}`, "
            f"in the line that makes `{change.tensor}`."
        ),
        (
            f"On what does `{change.was}` still act after its own step, and where does your loop "
            "hand that gradient on?"
        ),
    )


def _step(target: str, change: Change) -> Words:
    return (
        "step_off",
        (
            f"`d{target}` is made with `{change.was}` of another step of time than the line that "
            f"makes `{change.tensor}` reads."
        ),
        (
            f"Write the line that makes `{change.tensor}` with an index of time at each name: "
            "which one does your line use?"
        ),
    )


def _flip(target: str, change: Change) -> Words:
    return (
        "unflipped_kernel",
        f"`d{target}` is made with `{change.was}` turned the wrong way round in height or width.",
        (
            f"Take one element of `{target}`: with which element of `{change.was}` does it come "
            "into which place of the result? Follow its window over the image."
        ),
    )


def _turned(target: str, change: Change) -> Words:
    return (
        "transposed",
        f"In `d{target}`, rows and columns of `{change.was}` are exchanged.",
        (
            f"Over which dimension of `{change.was}` does the line that makes `{change.tensor}` "
            "add up, and over which does yours?"
        ),
    )


def _path(target: str, change: Change) -> Words:
    return (
        "missing_path",
        (
            f"`d{target}` is right but for what comes back through `{change.was}` in the line that "
            f"makes `{change.tensor}`."
        ),
        (
            f"Which names stand in the line that makes `{change.tensor}`, and which of them "
            f"depend on `{target}`?"
        ),
    )


def _operand(target: str, change: Change) -> Words:
    return (
        "wrong_operand",
        (
            f"`d{target}` is right for `{change.now}` in the place of `{change.was}`, in the line "
            f"that makes `{change.tensor}`."
        ),
        f"Look at the forward line that makes `{change.tensor}`: which tensors stand there?",
    )


def _factor(target: str, change: Change) -> Words:
    return (
        "wrong_factor",
        (
            f"`d{target}` is right for a network without `{change.was}` in the line that makes "
            f"`{change.tensor}`."
        ),
        (
            f"How does `{change.was}` change what a small change of `{target}` does to "
            f"`{change.tensor}`?"
        ),
    )


def _sign(target: str, change: Change) -> Words:
    return (
        "sign",
        (
            f"A part of `d{target}` has the wrong sign: it fits `{change.now}` in the line that "
            f"makes `{change.tensor}`."
        ),
        f"Which way does `{change.tensor}` move when `{target}` grows?",
    )


WORDS: dict[str, Callable[[str, Change], Words]] = {
    "softmax_dim": _softmax_dim,
    "dim": _dim,
    "average": _average,
    "mask": _mask,
    "carry": _carry,
    "step": _step,
    "flip": _flip,
    "turned": _turned,
    "path": _path,
    "operand": _operand,
    "unapplied": _factor,
    "factor": _factor,
    "sign": _sign,
}
