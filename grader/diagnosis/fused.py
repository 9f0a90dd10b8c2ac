"""Hypotheses about steps that were derived in one go: one term of several is off."""

from __future__ import annotations

import torch

from grader.diagnosis.case import Case
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.match import SIGNIFICANT, same
from grader.model import Diagnosis

NEARLY_ALL = 0.9
LEAST = 4
"""Elements per line: two numbers are always multiples of two others."""


def wrong_term(case: Case) -> Diagnosis | None:
    """The difference is, line by line, a multiple of one forward tensor, or constant."""
    if case.student is None or case.student.dim() != 2:
        return None
    difference = case.student - case.expected
    shape = difference.shape
    others = {name: t for name, t in case.tensors.items() if t.shape == shape}
    for dim, line in ((0, "column"), (1, "row")):
        if shape[dim] < LEAST or not _everywhere(difference, dim, case.floor):
            continue
        for name, tensor in {"": torch.ones_like(difference), **others}.items():
            weight = (difference * tensor).sum(dim, keepdim=True)
            fit = weight / (tensor * tensor).sum(dim, keepdim=True) * tensor
            if same(difference, fit, case.floor):
                return _wrong_term(case, name, dim, line)
    return None


def _everywhere(difference: torch.Tensor, dim: int, floor: float) -> bool:
    """Whether nearly all lines are off, and not just a few elements."""
    return float((difference.abs().amax(dim) > SIGNIFICANT * floor).double().mean()) > NEARLY_ALL


def _wrong_term(case: Case, name: str, dim: int, line: str) -> Diagnosis:
    follows = f"a multiple of `{name}`" if name else "one and the same number"
    return diagnosis(
        "wrong_term",
        f"What is off in `d{case.target}` is {follows} all along each {line}: one term of the "
        "derivative is missing, or has another size.",
        f"Which part of the derivative has come through a sum along dimension {dim}, and how "
        "often, with which constant, is it in your line?",
        follows=name or "1",
        dim=dim,
    )
