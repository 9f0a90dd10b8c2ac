"""Hypotheses about steps that were derived in one go: one operand or term of several is off."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import torch

from grader.diagnosis.case import Case
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.layout import Layout
from grader.diagnosis.match import SIGNIFICANT, multiple, same
from grader.diagnosis.wording import listed
from grader.records.scorecard import Diagnosis

NEARLY_ALL = 0.9
LEAST = 4
"""Elements per line: two numbers are always multiples of two others."""
PARALLEL = 1 - 1e-6
"""Cosine above which two products are worth a look."""


def exchanged_operand(case: Case) -> Diagnosis | None:
    """A · student = B · right, or = right / B: B for A, or neither A nor B where both belong."""
    if case.expected.numel() < LEAST:
        return None
    layout = Layout(case.expected.shape, case.expected.shape)
    tensors = {name: t for name, t in case.tensors.items() if layout.takes(t)}
    names, values = list(tensors), torch.stack([layout.flat(t)[:, 0] for t in tensors.values()])
    for term in case.results:
        mine, right = values * term.student.flatten(), term.right.flatten()
        for theirs, found in ((values * right, _exchanged), (right / values, _both_lost)):
            likeness = (_unit(mine) @ _unit(theirs).T).abs()
            for a, b in (likeness > PARALLEL).nonzero().tolist():
                if a != b and multiple(mine[a], theirs[b], case.floor) is not None:
                    return found(case, names[b], names[a])
    return None


def wrong_term(case: Case) -> Diagnosis | None:
    """The difference is, line by line, a multiple of one tensor, or constant, or a sum of two.

    Not where the same is true of the right answer: then the term is all there is.
    """
    for difference, dim, line in _lines(case):
        one = torch.ones_like(difference)
        mine = _alike(case.cotangents, difference, dim, "d") if case.fused else {}
        for name, tensor in {"": one, **mine, **_alike(case.tensors, difference, dim)}.items():
            if _follows(case, difference, tensor, dim):
                return _wrong_term(case, (name,), dim, line)
        for name, tensor in mine.items():
            left, right, rest = (
                t - t.mean(dim, keepdim=True) for t in (difference, case.expected, tensor)
            )
            two = same(left, _along(left, rest, dim), case.floor)
            if two and not same(right, _along(right, rest, dim), case.floor):
                return _wrong_term(case, ("", name), dim, line)
    return None


def other_term(case: Case) -> Diagnosis | None:
    """The difference is, line by line, a multiple of the difference of two tensors."""
    for difference, dim, _ in _lines(case) if case.fused else ():
        tensors = _alike(case.tensors, difference, dim).items()
        for (a, first), (b, second) in combinations(tensors, 2):
            alike = same(first, _along(first, second, dim))
            if not alike and _follows(case, difference, first - second, dim):
                return diagnosis(
                    "wrong_operand",
                    f"What is off in `d{case.target}` follows the difference of `{a}` and `{b}`: "
                    "in one term, one of them stands where the other one should.",
                    f"Take the terms of `d{case.target}` one by one: what is each multiplied with, "
                    "and why?",
                    between=[a, b],
                )
    return None


def _follows(case: Case, difference: torch.Tensor, tensor: torch.Tensor, dim: int) -> bool:
    """Whether the difference is made of multiples of the tensor, and the right answer is not."""
    right = _along(case.expected, tensor, dim)
    off = same(difference, _along(difference, tensor, dim), case.floor)
    return off and not same(case.expected, right, case.floor)


def _lines(case: Case) -> list[tuple[torch.Tensor, int, str]]:
    """The difference, and a dimension along which nearly all lines are off, with its name."""
    if case.student is None or case.student.dim() != 2:
        return []
    difference = case.student - case.expected
    return [
        (difference, dim, line)
        for dim, line in ((0, "column"), (1, "row"))
        if difference.shape[dim] > LEAST and _everywhere(difference, dim, case.floor)
    ]


def _everywhere(difference: torch.Tensor, dim: int, floor: float) -> bool:
    """Whether nearly all lines are off, and not just a few elements."""
    return float((difference.abs().amax(dim) > SIGNIFICANT * floor).double().mean()) > NEARLY_ALL


def _along(value: torch.Tensor, tensor: torch.Tensor, dim: int) -> torch.Tensor:
    """What of the value is, in each line along dim, a multiple of the tensor."""
    weight = (value * tensor).sum(dim, keepdim=True)
    return weight / (tensor * tensor).sum(dim, keepdim=True) * tensor


def _alike(
    tensors: Mapping[str, torch.Tensor], other: torch.Tensor, dim: int, prefix: str = ""
) -> dict[str, torch.Tensor]:
    """Tensors of the same shape; one number in a line would be a multiple of anything."""
    return {
        f"{prefix}{name}": tensor
        for name, tensor in tensors.items()
        if tensor.shape == other.shape and int((tensor != 0).sum(dim).min()) > LEAST
    }


def _unit(rows: torch.Tensor) -> torch.Tensor:
    norms: torch.Tensor = torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    return rows / norms


def _exchanged(case: Case, used: str, instead: str) -> Diagnosis:
    return diagnosis(
        "wrong_operand",
        f"`d{case.target}` is off by the ratio of `{used}` and `{instead}`: one of them stands "
        "where the other one should, or divides where it should multiply.",
        f"Go through the factors that stand before the terms of `d{case.target}`: from which "
        "forward line does each of them come?",
        used=used,
        instead_of=instead,
    )


def _both_lost(case: Case, a: str, b: str) -> Diagnosis:
    return diagnosis(
        "wrong_factor",
        f"`d{case.target}` is right but for two factors, which follow `{a}` and `{b}`.",
        f"Which forward lines stand between `d{case.target}` and the gradient that it is made of, "
        "and what does each of them multiply with?",
        ratio=[a, b],
    )


def _wrong_term(case: Case, names: tuple[str, ...], dim: int, line: str) -> Diagnosis:
    follows = [f"a multiple of `{name}`" if name else "one and the same number" for name in names]
    terms = "one term" if len(names) == 1 else "two terms"
    verbs = ("is", "has") if len(names) == 1 else ("are", "have")
    return diagnosis(
        "wrong_term",
        f"What is off in `d{case.target}` is {listed(follows)} all along each {line}: {terms} of "
        f"the derivative {verbs[0]} missing, or {verbs[1]} another size.",
        f"Which part of the derivative has come through a sum along dimension {dim}, and how "
        "often, with which constant, is it in your line?",
        follows=[name or "1" for name in names],
        dim=dim,
    )
