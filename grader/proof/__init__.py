"""Broken students with a known mistake, and right ones that look unusual: the grader's proof."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.proof.breaking import mutants
    from grader.proof.mutant import Mutant, MutantTally
    from grader.proof.rewriting import rewrites

__all__ = ["Mutant", "MutantTally", "mutants", "rewrites"]


_HOMES = {
    "Mutant": "mutant",
    "MutantTally": "mutant",
    "mutants": "breaking",
    "rewrites": "rewriting",
}


def __getattr__(name: str) -> Any:
    # Late, so that `python -m grader.proof` can pin the arithmetic before torch is imported.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
