"""Hypotheses about dimensions: a result of another shape, or summed along the wrong one."""

from __future__ import annotations

from itertools import permutations

import torch

from grader.diagnosis.case import Case
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.layout import Layout
from grader.diagnosis.match import is_number, multiple, same
from grader.diagnosis.wording import dims, off_by, shape
from grader.marking.comparison import squeezed
from grader.records.scorecard import Diagnosis


def reordered(case: Case) -> Diagnosis | None:
    """All the right numbers, transposed or in another shape."""
    if case.raw.numel() != case.expected.numel() or case.expected.dim() > 4:
        return None
    evidence = case.shapes
    flat = case.raw.flatten()
    if case.student is None and same(flat, case.expected.flatten()):
        return diagnosis(
            "wrong_shape",
            f"`d{case.target}` has the right numbers but the shape {shape(case.raw.shape)}.",
            f"Compare its shape with that of `{case.target}`.",
            **evidence,
        )
    orders = list(permutations(range(case.expected.dim())))[1:]
    found = [order for order in orders if same(flat, case.expected.permute(order).flatten())]
    if not found:
        return None
    return diagnosis(
        "transposed",
        f"`d{case.target}` has the right numbers in another order: rows and columns are exchanged.",
        "Ask of each dimension of the result what it counts, and whether that is in the same "
        f"place in `{case.target}`.",
        what="result",
        **evidence,
    )


def missing_sum(case: Case) -> Diagnosis | None:
    """The result extends over dimensions that X does not have."""
    layout = _wider(case)
    if layout is None:
        return None
    c = multiple(case.raw.sum(layout.reduced).reshape(case.expected.shape), case.expected)
    if c is None:
        return None
    extra = None if is_number(c, 1.0) else f"; what is there is also {off_by(c, case.sizes)}"
    return diagnosis(
        "missing_sum",
        f"`{case.target}` {shape(case.expected.shape)} is used at every place along "
        f"{dims(layout.reduced)}, but what comes back from there was not added up{extra or ''}.",
        f"Compare the shape of `d{case.target}`, {shape(case.raw.shape)}, with that of "
        f"`{case.target}`, and ask how often the forward pass uses each of its elements.",
        dims=layout.reduced,
        factor=c if extra else None,
        **case.shapes,
    )


def missing_keepdim(case: Case) -> Diagnosis | None:
    """A column met a row: the result is their outer product, or a sum of it."""
    size = case.expected.numel()
    if size < 2 or squeezed(list(case.expected.shape)) != [size]:
        return None
    right, evidence = case.expected.flatten(), case.shapes
    squared = case.raw.shape == (size, size) and multiple(case.raw.diagonal(), right)
    if not (squared or _summed_outer(case)):
        return None
    return diagnosis(
        "missing_keepdim",
        f"A column {shape((size, 1))} met a row {shape((size,))}, and every element of the one "
        "was combined with every element of the other.",
        f"Print the shapes of all operands of `d{case.target}`: which of them has lost a "
        "dimension when it was reduced?",
        size=size,
        **evidence,
    )


def missing_broadcast(case: Case) -> Diagnosis | None:
    """The result lacks a dimension along which all its numbers would repeat."""
    layout = Layout.of(case.raw.shape, case.expected.shape)
    if layout is None or layout.shape != case.expected.shape or case.student is not None:
        return None
    c = multiple(case.raw.expand(layout.shape), case.expected)
    if c is None:
        return None
    return diagnosis(
        "missing_broadcast",
        f"`d{case.target}` has its numbers once, but `{case.target}` has elements all along "
        f"{dims(layout.reduced)}, and each of them has a gradient.",
        f"Compare the shape of `d{case.target}`, {shape(case.raw.shape)}, with that of "
        f"`{case.target}`.",
        dims=layout.reduced,
        factor=None if is_number(c, 1.0) else c,
        **case.shapes,
    )


def wrong_dim(case: Case) -> Diagnosis | None:
    """The right product, summed over other dimensions."""
    for full, right in _products(case):
        for mask in range(1 << full.dim()):
            over = [d for d in range(full.dim()) if mask >> d & 1]
            if over == right or not over:
                continue
            if _same_layout(case, full, over) and _is_sum(case, full.sum(over), full):
                return _wrong_dim(case, over, right)
    return None


def _wrong_dim(case: Case, over: list[int], right: list[int]) -> Diagnosis:
    instead = "" if right else ", where nothing has to be added up"
    return diagnosis(
        "wrong_dim",
        f"The sum goes over {dims(over)}{instead}: the result has the shape "
        f"{shape(case.raw.shape)}, `{case.target}` has {shape(case.expected.shape)}.",
        f"Along which dimension does the forward pass use one element of `{case.target}` "
        "several times?",
        summed_over=over,
        **case.shapes,
    )


def _products(case: Case) -> list[tuple[torch.Tensor, list[int]]]:
    """Unsummed right products, and the dimensions over which they are to be summed."""
    if len(case.contributions) != 1 or case.raw.dim() > 4 or case.expected.dim() > 4:
        return []
    products = [
        (reading.unsummed, reading.layout.reduced)
        for _, _, reading in case.readings
        if reading.unsummed is not None
    ]
    return products or [(case.expected, [])]


def _is_sum(case: Case, total: torch.Tensor, full: torch.Tensor) -> bool:
    """A sum or a mean, with either sign."""
    c = multiple(case.raw.flatten(), total.flatten()) or 0.0
    return is_number(abs(c), 1.0) or is_number(abs(c) * full.numel() / total.numel(), 1.0)


def _same_layout(case: Case, full: torch.Tensor, over: list[int]) -> bool:
    left = [size for d, size in enumerate(full.shape) if d not in over]
    return squeezed(left) == squeezed(list(case.raw.shape))


def _wider(case: Case) -> Layout | None:
    own = tuple(case.expected.shape)
    more = case.raw.dim() - len(own)
    for after in range(max(more, 0) + 1):  # (3,) in (3, 6, 6): one number for a feature map
        layout = Layout.of((*own, *(1,) * after), case.raw.shape)
        if layout is not None and layout.reduced and layout.shape == case.raw.shape:
            return layout
    return None


def _summed_outer(case: Case) -> bool:
    """The outer product of cotangent and local derivative, summed along one side."""
    if case.student is None:
        return False
    for _, share, reading in case.readings:
        cotangent = reading.cotangent.flatten()
        if cotangent.numel() != share.numel() or not bool(cotangent.all()):
            continue
        local = share.flatten() / cotangent
        outer = local[:, None] * cotangent[None, :]
        for side in range(2):  # as a sum or as a mean
            c = multiple(case.student.flatten(), outer.sum(side))
            if is_number(c, 1.0) or is_number(c, 1 / local.numel()):
                return True
    return False
