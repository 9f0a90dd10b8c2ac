"""What a variable's name says: which gradient, if any, it may be meant for.

Only a hint where it is no name of the assignment's: values decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from grader.analysis.statements import MARK

_BEFORE = (
    *("dL_d", "dl_d", "dLd", "dloss_d", "dLoss_d", "dJ_d", "dE_d", "dL_", "dl_", "dloss_"),
    *("grad_of_", "gradient_", "grads_", "grad_", "g_", "d_", "delta_", "D_", "der_", "partial_"),
    *("d", "D", "g"),
)
_AFTER = ["_gradient", "_grad", "_bar", "_adj", "_g", "_d", "Grad", "grad"]
_TAIL = re.compile(r"_?\d*$|_[A-Za-z]\w*$")
"""What may follow a name that is used once more: `dlogits2`, `dhprebn_fast`."""


class Spelling:
    """Knows an assignment's names, and those of one submission's own forward tensors."""

    def __init__(self, gradients: Mapping[str, str], tensors: Mapping[str, str]) -> None:
        """gradients: variable → canonical d-name; tensors: variable → canonical tensor or input."""
        self.gradients = gradients
        self.tensors = tensors
        self._lower = {n.lower(): canonical for n, canonical in tensors.items() if len(n) > 1}
        self._known: dict[str, str | None] = {}

    def sure(self, name: str) -> str | None:
        """The target of a name that the assignment itself uses."""
        canonical = self.gradients.get(name)
        return canonical[1:] if canonical is not None else None

    def hinted(self, name: str) -> str | None:
        """The target that a name seems to be meant for."""
        if name not in self._known:
            self._known[name] = self._hinted(name)
        return self._known[name]

    def weak(self, name: str) -> bool:
        """Whether a name only begins as one that is known: `dlogits_1` may be a part of it."""
        hint = self.hinted(name)
        if hint is None or MARK in name:
            return False
        return not any(self._of_tensor(rest) == hint for rest in stripped(name))

    def _hinted(self, name: str) -> str | None:
        _, mark, key = name.rpartition(MARK)
        if mark:
            return self.sure(key) or self._of_tensor(key) or self._of_variable(key)
        return self._of_variable(name)

    def _of_variable(self, name: str) -> str | None:
        for rest in stripped(name):
            if (target := self._of_tensor(rest)) is not None:
                return target
        return self._once_more(name)

    def _of_tensor(self, name: str) -> str | None:
        return self.tensors.get(name) or self._lower.get(name.lower())

    def _once_more(self, name: str) -> str | None:
        """`dlogits_fast`, `grad_h_2`: the longest known name that it begins with."""
        for end in range(len(name) - 1, 1, -1):
            target = self.sure(name[:end]) or next(
                (t for rest in stripped(name[:end]) if (t := self._of_tensor(rest))), None
            )
            if target is not None and _TAIL.fullmatch(name[end:]):
                return target
        return None


def stripped(name: str) -> Iterator[str]:
    """What is left of a name without what says that it is a gradient."""
    for prefix in _BEFORE:
        if name.startswith(prefix):
            yield name[len(prefix) :]
    for suffix in _AFTER:
        if name.endswith(suffix):
            yield name[: -len(suffix)]
