"""Hypotheses about matrix products: a transposed operand, another operand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch

from grader.diagnosis.case import Case, Term
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.match import multiple
from grader.records.scorecard import Diagnosis

MAX_DIMENSIONS = 4


def wrong_matrix(case: Case) -> Diagnosis | None:
    """The incoming gradient in a product with the wrong matrix, or the right one turned."""
    for term, cotangent, right in _right_products(case):
        shape = term.student.shape
        used = [
            (name, how)
            for name, how, product in matrix_products(case.tensors, shape, cotangent, turned=True)
            if multiple(term.student, product, case.floor) is not None
            and multiple(term.right, product) is None
        ]
        if used:
            mine = next((use for use in used if use[0] in right), None)
            return _transposed(case, *mine) if mine else _operand(case, term, used[0][0])
    return None


def factor_in_product(case: Case) -> Diagnosis | None:
    """A forward tensor too many inside a product, on the gradient or on the other operand."""
    for term, cotangent, right in _right_products(case):
        for name, extra in case.tensors.items():
            gradients = [cotangent * extra] if _spreads(extra, cotangent) else []
            tried = [({key: case.tensors[key] for key in right}, each) for each in gradients]
            tried += [
                ({key: case.tensors[key] * extra}, cotangent)
                for key in right
                if _spreads(extra, case.tensors[key])
            ]
            for operands, gradient in tried:
                products = matrix_products(operands, term.right.shape, gradient)
                if any(multiple(term.student, p, case.floor) is not None for _, _, p in products):
                    return _factor(case, term, name)
    return None


def _right_products(case: Case) -> Iterator[tuple[Term, torch.Tensor, set[str]]]:
    """Parts that are a product of their incoming gradient, which comes second, with a matrix;
    the names of all matrices that fit, at least one.
    """
    for term in case.parts:
        cotangent = case.cotangents.get(term.name)
        if cotangent is None or cotangent.dim() < 2:
            continue
        right: set[str] = set()
        for turned in (False, True):  # the key of an attention meets a gradient that is turned
            products = matrix_products(case.tensors, term.right.shape, cotangent, turned=turned)
            right = right or {n for n, _, p in products if multiple(term.right, p) is not None}
        if right:
            yield term, cotangent, right


def _spreads(tensor: torch.Tensor, over: torch.Tensor) -> bool:
    """Whether a tensor broadcasts to another one's shape."""
    pairs = zip(reversed(tensor.shape), reversed(over.shape), strict=False)
    return tensor.dim() <= over.dim() and all(own in {1, full} for own, full in pairs)


def product_with_ones(case: Case, shape: torch.Size, value: torch.Tensor) -> str | None:
    """The matrix whose product with ones of this shape the value is."""
    if len(shape) != 2 or value.dim() != 2:
        return None
    ones = torch.ones(shape, dtype=torch.float64)
    for name, _, product in matrix_products(case.tensors, value.shape, ones):
        if multiple(value, product, case.floor) is not None:
            return name
    return None


def matrix_products(
    tensors: Mapping[str, torch.Tensor],
    x: torch.Size,
    cotangent: torch.Tensor,
    *,
    turned: bool = False,
) -> Iterator[tuple[str, str, torch.Tensor]]:
    """Name, what was done to it, and product with the cotangent, wherever that has shape x.

    Of more than two dimensions the last two are the matrix's, and those before them count the
    products; a matrix without them serves all, and gets the sum.
    """
    gradients = [cotangent, cotangent.mT] if turned else [cotangent]
    for name, tensor in tensors.items():
        if not 2 <= tensor.dim() <= MAX_DIMENSIONS or len(x) < 2:
            continue
        ways = [("as it is", tensor), ("transposed", tensor.mT)]
        if turned and tensor.dim() == 2:
            ways.append(("reshaped", tensor.reshape(tensor.mT.shape)))
        for how, matrix in ways:
            for gradient in gradients:
                for left, right in ((gradient, matrix), (matrix, gradient)):
                    if (found := _product(left, right, x)) is not None:
                        yield name, how, found


def _product(left: torch.Tensor, right: torch.Tensor, x: torch.Size) -> torch.Tensor | None:
    """The product, summed over what x does not have; None where the shapes do not fit."""
    if left.shape[-1] != right.shape[-2] or (left.shape[-2], right.shape[-1]) != tuple(x[-2:]):
        return None
    counts = {tuple(each.shape[:-2]) for each in (left, right)} - {()}
    if len(counts) > 1:
        return None
    before = next(iter(counts), ())
    if len(x) == 2:
        found: torch.Tensor = (left @ right).sum(tuple(range(len(before))))
        return found if before else left @ right
    return left @ right if before == tuple(x[:-2]) else None


def _transposed(case: Case, name: str, how: str) -> Diagnosis:
    return diagnosis(
        "transposed",
        f"In the product that makes `d{case.target}`, rows and columns of an operand are exchanged "
        "or mixed up.",
        f"Ask of `{name}` and of the incoming gradient which dimension the product adds up over, "
        "and what it counts.",
        what="operand",
        operand=name,
        used=how,
    )


def _operand(case: Case, term: Term, name: str) -> Diagnosis:
    return diagnosis(
        "wrong_operand",
        f"The gradient that comes through `{term.name}` is multiplied with `{name}`, which has a "
        "fitting shape but is another tensor.",
        f"Look at the forward line that makes `{term.name}`: what stands beside `{case.target}` "
        "there?",
        used=name,
        path=term.name,
    )


def _factor(case: Case, term: Term, name: str) -> Diagnosis:
    return diagnosis(
        "wrong_factor",
        f"In the product that makes `d{case.target}`, an operand is multiplied with `{name}` as "
        "well, element by element.",
        f"Look at the forward line that makes `{term.name}`: does `{name}` come into it, and how?",
        extra=name,
        path=term.name,
    )
