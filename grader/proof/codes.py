"""Which diagnoses of a mutant tell the truth: by what was changed, and by what came out."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Literal

import torch

from grader.analysis.text import Text
from grader.proof.bench import SAME, compare
from grader.proof.scope import contributions

Level = Literal["whole", "path", "part"]

BY_KIND: dict[str, tuple[str, ...]] = {
    "drop_sum": ("missing_sum",),
    "drop_keepdim": ("missing_keepdim",),
    "wrong_dim": ("wrong_dim",),
    "sign": ("sign",),
    "constant": ("constant_factor",),
    "transpose": ("transposed",),
    "lost_path": ("missing_path",),
    "lost_upstream": ("upstream_missing",),
    "assign_for_add": ("overwritten",),
    "repeated": ("doubled",),
    "swapped_operand": ("wrong_operand", "wrong_factor"),
    "swapped_upstream": ("wrong_upstream",),
    "wrong_index": ("wrong_index",),
    "lost_factor": ("wrong_factor",),
    "extra_factor": ("wrong_factor",),
    "power": ("wrong_factor", "wrong_operand"),
    "ones_start": ("ones_start",),
    "copied": ("copied",),
    "pasted": ("constant",),
    "missing_clone": ("alias",),
    "hoisted_start": ("accumulated",),
}
ANYWHERE = {"power", "lost_path", "wrong_index", "swapped_operand"}
"""Kinds whose code is true of the step also where they sit in a term of a sum."""
IN_A_TERM = {"lost_path": ("wrong_term",), "swapped_operand": ("wrong_term",)}
"""What a sum in one statement has lost is a term: of a fused derivative, no consumer's path.
A term with another operand has another size, and the operand may be summed away: in
`a * (b * x).sum(0)` nothing is left of a wrong x but the size."""
EITHER_WAY = {"lost_upstream": ("missing_path",), "assign_for_add": ("missing_path",)}
"""Of one of several paths: lost altogether, as far as what came from above goes."""


def level_of(text: Text, node: ast.AST, name: str, sources: Sequence[Text]) -> Level:
    """Whether a change at `node` is one of the whole gradient, of one of several statements
    that add up to it, or of a part of an expression.
    """
    above = [node] if isinstance(node, ast.BinOp) else []
    for part in (*above, *text.ancestors(node)):
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add | ast.Sub):
            return "part"
    several = sum(len(contributions(source, name)) for source in sources) > 1
    return "path" if several else "whole"


def codes_of(
    kind: str,
    level: Level,
    value: torch.Tensor | None,
    right: torch.Tensor,
    paths: Sequence[torch.Tensor],
    swaps: Sequence[torch.Tensor] = (),
) -> tuple[str, ...]:
    """Codes that are true of a change, best first; none where it raised or nothing is defined.

    value, right: results on the same cotangents; paths: each consumer's part of the gradient;
    swaps: results with another tensor in the place of one operand.
    """
    if value is None:
        return ()
    if _repeats(value, right):
        return ("missing_broadcast",)
    found = list(_by_result(value, right, paths))
    if level != "part" or kind in ANYWHERE:
        found += _by_kind(kind, value, right)
    if level == "part":
        found += IN_A_TERM.get(kind, ())
    if any(compare(value, swap) == compare(swap, value) == "same" for swap in swaps):
        found.append("wrong_operand")  # counts_sum_inv times counts is probs in place of counts
    if level == "path":
        found += EITHER_WAY.get(kind, ())
    return tuple(dict.fromkeys(found))


def _by_kind(kind: str, value: torch.Tensor, right: torch.Tensor) -> tuple[str, ...]:
    """The operator's own code, where the result bears it out."""
    transposed = value.dim() == 2 and compare(value.T, right) == "same"
    summed = any(compare(s, right) in {"same", "reshaped"} for s in _sums(value))
    refuted = {
        "drop_sum": not summed,
        "transpose": not transposed,
        "wrong_index": not _only_moved(value, right),
    }
    if refuted.get(kind, False):
        return ()
    return BY_KIND.get(kind, ())


def _sums(value: torch.Tensor) -> list[torch.Tensor]:
    return [value.sum(dim, keepdim=True) for dim in range(value.dim())]


def _only_moved(value: torch.Tensor, right: torch.Tensor) -> bool:
    """Whether the numbers add up to the same along a dimension: none was lost or made up.

    Not so where an index leaves some numbers out, or reads the same ones again and again.
    """
    if value.shape != right.shape:
        return False
    moved, size = value.double() - right.double(), float(right.abs().max())
    return any(float(moved.sum(dim).abs().max()) <= SAME * size for dim in range(value.dim()))


def _repeats(value: torch.Tensor, right: torch.Tensor) -> bool:
    """Whether the right numbers are there once, and would have to be repeated."""
    if value.dim() != right.dim() or value.numel() >= right.numel():
        return False
    if any(a not in {1, b} for a, b in zip(value.shape, right.shape, strict=True)):
        return False
    return _factor(value.expand(right.shape).double(), right.double()) is not None


def _by_result(
    value: torch.Tensor, right: torch.Tensor, paths: Sequence[torch.Tensor]
) -> list[str]:
    """Explanations that fit the numbers, whatever was changed."""
    if value.numel() != right.numel() or not bool(torch.isfinite(value).all()):
        return []
    value = value.detach().reshape(right.shape).double()
    right = right.double()
    found = _of_factor(_factor(value, right))
    for path in paths if len(paths) > 1 else ():
        change = _factor(value - right, path.double())
        if change is not None:
            found += ["missing_path"] if abs(change + 1) < 1e-3 else _of_factor(change + 1)
    if not found and 0 < float(_off(value, right)) < 0.5:
        found.append("some_elements")
    return found


def _factor(value: torch.Tensor, right: torch.Tensor) -> float | None:
    """The c for which value = c · right, if there is one."""
    norm = float((right * right).sum())
    if norm == 0 or not bool(value.any()):
        return None
    factor = float((value * right).sum()) / norm
    return factor if compare(value, factor * right) == "same" else None


def _of_factor(factor: float | None) -> list[str]:
    if factor is None or abs(factor - 1) < 1e-3:
        return []
    if abs(factor + 1) < 1e-3:
        return ["sign"]
    if abs(factor - 2) < 1e-3:
        return ["constant_factor", "doubled"]
    return ["constant_factor", "sign"] if factor < 0 else ["constant_factor"]


def _off(value: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Fraction of elements that are wrong."""
    return ((value - right).abs() > 1e-4 * right.abs().max()).double().mean()
