"""Search: which forward tensor, or which simple function of one, is the factor?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import torch

from grader.diagnosis.layout import Layout
from grader.diagnosis.match import ABSOLUTE, RELATIVE, SIGNIFICANT, multiple

MOST, FEWEST, SUMMANDS = 48, 8, 320
"""All candidates are tried on so many elements of X, and about so many summands; the few that
fit are tried on everything."""
ONE = "1"

Function = Callable[[torch.Tensor], torch.Tensor]
FUNCTIONS: dict[str, Function] = {
    "{}": lambda t: t,
    "1/{}": lambda t: 1 / t,
    "{}²": lambda t: t * t,
    "1 − {}²": lambda t: 1 - t * t,
    "1 − {}": lambda t: 1 - t,
    "(1 − {})²": lambda t: (1 - t) ** 2,
    "1 + {}": lambda t: 1 + t,
    "1 + {}²": lambda t: 1 + t * t,
    "1/{}²": lambda t: 1 / (t * t),
    "√{}": torch.sqrt,
    "1/√{}": torch.rsqrt,
    "{}³": lambda t: t * t * t,
    "1/{}³": lambda t: 1 / (t * t * t),
    "{}^1.5": lambda t: t * t.sqrt(),
    "{}^−1.5": lambda t: t.rsqrt() / t,
    "exp({})": torch.exp,
    "log({})": torch.log,
    "tanh({})": torch.tanh,
    "1 − tanh({})²": lambda t: 1 - t.tanh() ** 2,
    "1 − {}³": lambda t: 1 - t * t * t,
    "(1 − {}²)²": lambda t: (1 - t * t) ** 2,
    "1/(1 + {})": lambda t: 1 / (1 + t),
    "1/(1 − {})": lambda t: 1 / (1 - t),
    "1/(1 − {}²)": lambda t: 1 / (1 - t * t),
}
"""Words → function, the simplest first."""


class Factor(msgspec.Struct, frozen=True, kw_only=True):
    """constant · function(tensor)."""

    tensor: str
    function: str
    constant: float

    @property
    def text(self) -> str:
        return ONE if self.tensor == ONE else self.function.format(self.tensor)


def factors(
    tensors: Mapping[str, torch.Tensor],
    layout: Layout,
    target: torch.Tensor,
    weight: torch.Tensor,
    floor: float,
) -> list[Factor]:
    """Every factor f with target = Σ weight · f, the sum being the layout's; simplest first.

    target: X's shape; weight: broadcasts to the layout's shape, as the tensors do.
    """
    flat = target.flatten()
    if float(flat.abs().max()) <= SIGNIFICANT * floor:
        return []
    bases = {ONE: torch.ones((), dtype=torch.float64)} | {
        name: tensor for name, tensor in tensors.items() if layout.takes(tensor)
    }
    weights = layout.flat(weight)
    size = min(MOST, max(FEWEST, SUMMANDS // weights.shape[1]))
    rows = flat.abs().topk(min(size, flat.numel())).indices
    base = torch.stack([layout.flat(tensor)[rows] for tensor in bases.values()])
    part = weights[rows]
    tried = torch.stack([(function(base) * part).sum(-1) for function in FUNCTIONS.values()])
    found = _fitting(tried, flat[rows], floor)
    names = list(bases)
    result = []
    for f, b in found.nonzero().tolist():
        words, name = list(FUNCTIONS)[f], names[b]
        if name == ONE and f:  # any function of one is a number again
            continue
        value = FUNCTIONS[words](layout.flat(bases[name]))
        constant = multiple(flat, (weights * value).sum(-1), floor)
        if constant is not None:
            result.append(Factor(tensor=name, function=words, constant=constant))
    return result


def _fitting(tried: torch.Tensor, target: torch.Tensor, floor: float) -> torch.Tensor:
    """Which of the candidates (functions, tensors, elements) are multiples of the target."""
    constant = (tried * target).sum(-1, keepdim=True) / (tried * tried).sum(-1, keepdim=True)
    fit = constant * tried
    size = fit.abs()
    allowed = RELATIVE * size + ABSOLUTE * size.amax(-1, keepdim=True) + floor
    return ((fit - target).abs() <= allowed).all(-1)
