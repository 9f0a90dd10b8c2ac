"""Hypotheses about the Jacobian of a softmax, where each number acts on all others of its row."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from grader.diagnosis.case import Case
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.match import multiple, same
from grader.records.scorecard import Diagnosis


def softmax_jacobian(case: Case) -> Diagnosis | None:
    """A part of the Jacobian alone, or its sum along another dimension."""
    if case.student is None:
        return None
    for name, p, g, logarithm, dim in _softmaxes(case):
        for other in range(p.dim()):
            if other != dim and _fits(case, _right(p, g, other, logarithm)):
                return _along(case, name, dim, other)
        found = (_lost_of_log if logarithm else _lost)(p, g, dim)
        for what, value in found.items():
            if _fits(case, value):
                return _lacking(case, name, what)
    return None


def _softmaxes(case: Case) -> Iterator[tuple[str, torch.Tensor, torch.Tensor, bool, int]]:
    """Consumer, its softmax, what flows in, whether it is the logarithm, and along what."""
    for name, g in case.cotangents.items():
        y = case.tensors.get(name)
        if y is None or y.shape != case.expected.shape or name not in case.contributions:
            continue
        for dim in range(y.dim()):
            if same(_right(y, g, dim, logarithm=False), case.contributions[name]):
                yield name, y, g, False, dim
            elif same(_right(y.exp(), g, dim, logarithm=True), case.contributions[name]):
                yield name, y.exp(), g, True, dim


def _right(p: torch.Tensor, g: torch.Tensor, dim: int, logarithm: bool) -> torch.Tensor:
    if logarithm:
        return g - p * g.sum(dim, keepdim=True)
    return p * (g - (p * g).sum(dim, keepdim=True))


def _lost(p: torch.Tensor, g: torch.Tensor, dim: int) -> dict[str, torch.Tensor]:
    total = (p * g).sum(dim, keepdim=True)
    return {
        "diagonal": p * (1 - p) * g,
        "others": p * g,
        "factor": g - total,
        "weights": p * (g - g.sum(dim, keepdim=True)),
        "sum": p * (g - p * g),
        "mean": p * (g - total / p.shape[dim]),
        "rest": p * total,
    }


def _lost_of_log(p: torch.Tensor, g: torch.Tensor, dim: int) -> dict[str, torch.Tensor]:
    total = g.sum(dim, keepdim=True)
    return {
        "others": g,
        "diagonal": g * (1 - p),
        "product": g * p,
        "both": g * p * (1 - p),
        "weights": g - total,
        "logarithm": g - p.log() * total,
        "mean": g - p * total / p.shape[dim],
    }


def _fits(case: Case, value: torch.Tensor) -> bool:
    assert case.student is not None
    c = multiple(case.student, value, case.floor)
    return c is not None and multiple(case.expected, value) is None


def _along(case: Case, name: str, right: int, used: int) -> Diagnosis:
    return diagnosis(
        "softmax_dim",
        f"The sum in `d{case.target}` goes along dimension {used}; the softmax that makes `{name}` "
        f"goes along dimension {right}.",
        f"Along which dimension do the probabilities of `{name}` add up to one? Those are the ones "
        "that act on each other.",
        dim=right,
        summed_over=used,
    )


def _lacking(case: Case, name: str, what: str) -> Diagnosis:
    return diagnosis(
        "softmax_jacobian",
        f"`d{case.target}` is not the Jacobian of the softmax that makes `{name}`: each number "
        "acts on its own probability and, through the sum that they are divided by, on all others "
        "of its row, and a part of that is missing or has another weight.",
        f"Write the derivative of one element of `{name}` with respect to itself, and to a "
        "neighbour in its row. Where does each of them stand in your line?",
        form=what,
    )
