"""Hypotheses about constants: sign and constant factor, of the whole or along one path."""

from __future__ import annotations

from grader.diagnosis.case import LOSS, Case, Term
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.match import is_number, multiple
from grader.diagnosis.wording import off_by, spoken
from grader.records.scorecard import Diagnosis


def zero(case: Case) -> Diagnosis | None:
    """Nothing but zeros."""
    if bool(case.raw.any()):
        return None
    return diagnosis(
        "constant",
        f"`d{case.target}` is zero everywhere, whatever flows in.",
        f"Does a line really write into `d{case.target}` what comes back to `{case.target}`?",
        value=0.0,
    )


def sign(case: Case) -> Diagnosis | None:
    """The negative of the right answer."""
    c = _of_whole(case)
    if not is_number(c, -1.0):
        return None
    return diagnosis(
        "sign",
        f"Every element of `d{case.target}` has the opposite sign.",
        f"Which way does the result of the forward line move when `{case.target}` grows?",
        factor=-1.0,
    )


def constant_factor(case: Case) -> Diagnosis | None:
    """A multiple of the right answer."""
    c = _of_whole(case)
    if c is None or is_number(c, -1.0):
        return None
    if is_number(c, 2.0) and case.context.accumulates and len(case.contributions) > 1:
        return _doubled(case, None)
    return diagnosis(
        "constant_factor",
        f"`d{case.target}` is {off_by(c, case.sizes)}, the same for every element.",
        f"Look for the constants in the forward lines that use `{case.target}`, and for what a "
        "mean or a power makes of them.",
        factor=c,
        words=spoken(c, case.sizes),
    )


def constant_of_path(case: Case) -> Diagnosis | None:
    """One of several paths with a wrong sign or constant, or counted twice."""
    for term in case.terms:
        c = None if term.whole else multiple(term.student, term.right, case.floor)
        if c is None or is_number(c, 1.0):
            continue
        if is_number(c, -1.0):
            return _sign_of_path(case, term)
        if is_number(c, 2.0):
            return _doubled(case, term.name)
        return diagnosis(
            "constant_factor",
            f"The part of `d{case.target}` that comes {_through(term)} is {off_by(c, case.sizes)}.",
            f"Look for the constants in the forward line {_line(case, term)}.",
            factor=c,
            words=spoken(c, case.sizes),
            path=term.name,
        )
    return None


def _of_whole(case: Case) -> float | None:
    return None if case.student is None else multiple(case.student, case.expected)


def _sign_of_path(case: Case, term: Term) -> Diagnosis:
    return diagnosis(
        "sign",
        f"The part of `d{case.target}` that comes {_through(term)} has the opposite sign.",
        f"Look at the forward line {_line(case, term)}: which way does its result move when "
        f"`{case.target}` grows?",
        factor=-1.0,
        path=term.name,
    )


def _doubled(case: Case, path: str | None) -> Diagnosis:
    if path is None:
        why = f"`d{case.target}` is twice what it should be."
        ask = "is there a factor of 2 too many, or does one run twice?"
    else:
        why = f"`d{case.target}` has a contribution twice: the part that comes through `{path}`."
        ask = "does one run twice, or add what is already in there?"
    return diagnosis(
        "doubled",
        why,
        f"Go through the lines that make `d{case.target}`: {ask}",
        factor=2.0,
        path=path,
    )


def _through(term: Term) -> str:
    return "straight from the loss" if term.name == LOSS else f"through `{term.name}`"


def _line(case: Case, term: Term) -> str:
    return f"that makes `{term.name}` from `{case.target}`"
