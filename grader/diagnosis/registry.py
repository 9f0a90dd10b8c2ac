"""All hypotheses, the simplest first, and the diagnosis that they make together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from grader.diagnosis.case import Case
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.constant import constant_factor, constant_of_path, sign, zero
from grader.diagnosis.context import Context
from grader.diagnosis.elements import some_elements, unexplained
from grader.diagnosis.fused import exchanged_operand, other_term, wrong_term
from grader.diagnosis.local import extra_factor, replaced_factor
from grader.diagnosis.matrix import factor_in_product, wrong_matrix
from grader.diagnosis.otherwise import of_another_network
from grader.diagnosis.path import missing_path
from grader.diagnosis.places import exchanged, flipped, padding_kept, step_off
from grader.diagnosis.scatter import overwritten, wrong_index
from grader.diagnosis.shape import (
    missing_broadcast,
    missing_keepdim,
    missing_sum,
    reordered,
    wrong_dim,
)
from grader.diagnosis.softmax import softmax_jacobian
from grader.diagnosis.start import accumulated, ones_start
from grader.diagnosis.upstream import nothing_read, upstream_missing, wrong_upstream
from grader.records.scorecard import Diagnosis

Hypothesis = Callable[[Case], Diagnosis | None]

HYPOTHESES: tuple[Hypothesis, ...] = (
    zero,
    nothing_read,
    sign,
    constant_factor,
    missing_path,
    constant_of_path,
    ones_start,
    accumulated,
    missing_sum,
    missing_broadcast,
    step_off,
    padding_kept,
    flipped,
    reordered,
    softmax_jacobian,
    wrong_dim,
    missing_keepdim,
    overwritten,
    exchanged,
    wrong_upstream,
    wrong_matrix,
    replaced_factor,
    extra_factor,
    factor_in_product,
    exchanged_operand,
    wrong_index,
    upstream_missing,
    wrong_term,
    other_term,
    of_another_network,
    some_elements,
)
"""From the simplest to the most involved: where several fit, the first one counts."""


def diagnose(context: Context) -> Diagnosis:
    """Why this step is wrong: the simplest hypothesis that fits.

    Never raises. The codes of other hypotheses that fit are in the evidence under `also`.
    """
    try:
        case = Case(context)
        found = list(_fitting(case)) if case.usable and not case.right else []
        if not found:
            return unexplained(case)
    except Exception:  # noqa: BLE001 - a diagnosis is a courtesy: it must never cost the grading
        return diagnosis(
            "unexplained",
            f"`d{context.target}` could not be examined.",
            f"Compare the shape and type of `d{context.target}` with those of `{context.target}`.",
        )
    also = list(dict.fromkeys(other.code for other in found if other.code != found[0].code))
    evidence = found[0].evidence | ({"also": also} if also else {})
    return msgspec.structs.replace(found[0], evidence=evidence)


def _fitting(case: Case) -> Iterator[Diagnosis]:
    for hypothesis in HYPOTHESES:
        try:
            found = hypothesis(case)
        except Exception:  # noqa: BLE001, S112 - shapes come from students: the others still apply
            continue
        if found is not None:
            yield found
