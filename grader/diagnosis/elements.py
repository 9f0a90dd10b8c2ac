"""Hypotheses about positions, and what is known when none fits."""

from __future__ import annotations

from typing import Any

import torch

from grader.diagnosis.case import Case
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.match import is_number
from grader.diagnosis.wording import shape
from grader.records.scorecard import Diagnosis

RELATIVE = 1e-4
SOME, MOST = 0.05, 0.8
"""Fractions of the elements."""
FAINT = 1e-3
"""Of the greatest element: what is smaller may be near by accident."""
LEAST = 4
"""So many elements must be right: fewer may be an accident of rounding."""


def some_elements(case: Case) -> Diagnosis | None:
    """A good part of the elements that are not zero is right, the rest is not."""
    if case.student is None:
        return None
    return _some(case, case.student, 1.0) or most_elements(case)


def most_elements(case: Case) -> Diagnosis | None:
    """Nearly all elements are right up to one constant, the rest is not."""
    if case.student is None:
        return None
    written = (case.expected != 0) & (case.student != 0)
    if float(written.double().mean()) < MOST:
        return None
    ratio = (case.student[written] / case.expected[written]).median()
    return _some(case, case.student, float(ratio), least=MOST)


def unexplained(case: Case) -> Diagnosis:
    """What is known about a value that nothing explains."""
    if not case.usable:
        return _unusable(case)
    if case.student is None:
        return diagnosis(
            "unexplained",
            f"`d{case.target}` has the shape {shape(case.raw.shape)}, `{case.target}` has "
            f"{shape(case.expected.shape)}.",
            f"Every element of `{case.target}` has exactly one gradient: which dimension of "
            f"`d{case.target}` stands for which of `{case.target}`?",
            **case.shapes,
        )
    wrong = ~_near(case.student, case.expected)
    part = float(wrong.double().mean())
    return diagnosis(
        "unexplained",
        f"{part:.0%} of the elements of `d{case.target}` are not what they should be.",
        f"Which forward lines use `{case.target}`, and what is the derivative of each by itself?",
        fraction=part,
        **_where(case, wrong),
        **_likeness(case.student, case.expected),
    )


def _unusable(case: Case) -> Diagnosis:
    bad = int((~torch.isfinite(case.raw)).sum())
    if not bad:
        return diagnosis(
            "unexplained",
            f"`d{case.target}` has no numbers that can be compared.",
            f"Compare its shape, {shape(case.raw.shape)}, with that of `{case.target}`.",
            **case.shapes,
        )
    return diagnosis(
        "unexplained",
        f"{bad} of {case.raw.numel()} elements of `d{case.target}` are NaN or infinite.",
        "Which operation can leave the finite numbers: a division, a logarithm, a power?",
        non_finite=bad,
        **case.shapes,
    )


def _some(case: Case, student: torch.Tensor, ratio: float, least: float = SOME) -> Diagnosis | None:
    near = _near(student, ratio * case.expected)
    written = case.expected.abs() > FAINT * case.expected.abs().max()
    right = int((near & written).sum())
    if right < max(LEAST, least * int(written.sum())) or bool(near.all()):
        return None
    wrong, where = ~near, _where(case, ~near)
    constant = None if is_number(ratio, 1.0) else ratio
    count = int(wrong.sum())
    return diagnosis(
        "some_elements",
        f"{count} of {wrong.numel()} elements of `d{case.target}` are wrong, the others are right"
        f"{'' if constant is None else ' up to one constant'}{_places(where)}.",
        "What is different about these elements in the forward pass, and in your line?",
        fraction=count / wrong.numel(),
        factor=constant,
        **where,
    )


def _near(student: torch.Tensor, expected: torch.Tensor) -> torch.Tensor:
    return (student - expected).abs() <= RELATIVE * expected.abs() + 1e-6 * expected.abs().max()


def _where(case: Case, wrong: torch.Tensor) -> dict[str, Any]:
    """Named positions, whole rows or columns, or the first few places."""
    if not bool(wrong.any()):
        return {}
    named = [name for name, mask in case.masks.items() if _covers(mask, wrong)]
    if named:
        return {"where": named[0]}
    if wrong.dim() == 2 and not bool(wrong.all()):
        for kind, dim in (("rows", 1), ("columns", 0)):
            lines = wrong.any(dim)
            if not bool(lines.all()) and torch.equal(wrong.all(dim), lines):
                return {kind: lines.nonzero().flatten().tolist()[:64]}
    return {"first": wrong.nonzero()[:5].tolist()}


def _covers(mask: torch.Tensor, wrong: torch.Tensor) -> bool:
    """All wrong elements are picked ones, or all picked ones are wrong and few others."""
    if mask.shape != wrong.shape or not bool(wrong.any()):
        return False
    picked = mask > 0
    inside, outside = int((wrong & picked).sum()), int((wrong & ~picked).sum())
    return not outside or (inside >= 0.8 * int(picked.sum()) and outside <= int(picked.sum()))


def _places(where: dict[str, Any]) -> str:
    if "where" in where:
        return f": look at {where['where']}"
    for kind in ("rows", "columns"):
        if kind in where:
            return f": {kind} {', '.join(map(str, where[kind][:6]))}{' …' * (len(where[kind]) > 6)}"
    return ""


def _likeness(student: torch.Tensor, expected: torch.Tensor) -> dict[str, float | None]:
    norms = float(student.norm()), float(expected.norm())
    product = norms[0] * norms[1]
    return {
        "correlation": float((student * expected).sum()) / product if product else None,
        "norm_ratio": norms[0] / norms[1] if norms[1] else None,
    }
