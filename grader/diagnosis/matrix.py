"""Hypotheses about matrix products: a transposed operand, another operand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch

from grader.diagnosis.case import Case, Term
from grader.diagnosis.codes import diagnosis
from grader.diagnosis.match import multiple
from grader.records.scorecard import Diagnosis


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
        if cotangent is None or cotangent.dim() != 2:
            continue
        products = matrix_products(case.tensors, term.right.shape, cotangent)
        right = {name for name, _, p in products if multiple(term.right, p) is not None}
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
    """Name, what was done to it, and product with the cotangent, wherever that has shape x."""
    for name, tensor in tensors.items():
        if tensor.dim() != 2 or len(x) != 2:
            continue
        ways = [("as it is", tensor), ("transposed", tensor.T)]
        ways += [("reshaped", tensor.reshape(tensor.T.shape))] if turned else []
        gradients = [cotangent, cotangent.T] if turned else [cotangent]
        for how, matrix in ways:
            for gradient in gradients:
                if gradient.shape[0] == x[0] and (gradient.shape[1], x[1]) == matrix.shape:
                    yield name, how, gradient @ matrix
                if gradient.shape[1] == x[1] and (x[0], gradient.shape[0]) == matrix.shape:
                    yield name, how, matrix @ gradient


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
