"""One changed notebook, and what is known about it by construction."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

import msgspec

Truth = Literal["right", "wrong", "unknown"]
Family = Literal["mutant", "rewrite", "honest", "burdened", "temporary", "copy"]
"""mutant: one mistake in the solution; rewrite: the solution in other words; honest, burdened:
one of these with habits around it; temporary: a mistake where no mark is given, above marked
gradients; copy: gradients that the engine worked out."""


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """A solution with one mistake put in, or written in another way."""

    id: str
    """Unique, fit for a file name: "sign-dh", "exercise-4-sign-dW2"."""
    kind: str
    """Name of the operator that made it; "rewrite" for what must not be marked down."""
    exercise: str
    """Id of the exercise that was changed."""
    target: str | None = None
    """The one step it is about, without `d`: the changed one, but for kind "missing_clone" the
    one that is changed through the alias. None where the whole notebook was changed."""
    codes: tuple[str, ...] = ()
    """Diagnosis codes that tell the truth about it; empty where none is defined."""
    wrong: tuple[str, ...] = ()
    """Targets of `exercise` whose step is wrong. Not always `target`: a lost keepdim harms the
    step that reads the result."""
    value: Truth = "unknown"
    """What an ordinary run leaves in the target (in all targets, where there is none)."""
    raises: bool = False
    """The changed step ends in an exception, so there is nothing to diagnose."""
    breaks: bool = False
    """Some cell of the exercise ends in an exception, be it in a later line."""
    line: tuple[int, int] | None = None
    """Cell (from 0, among all) and line (from 1) of the changed statement."""
    habits: tuple[str, ...] = ()
    """Names of the habits around it."""
    once: bool = True
    """The mistake costs its own targets only. Not so where a gradient stands under a name that
    only a right value gives away: then what was computed from a wrong one is lost, too."""
    note: str = ""
    """What was done, for people: the changed statement, or the rewrite's name."""
    notebook: dict[str, Any]
    """nbformat 4 JSON, without outputs; cells that were not changed are shared."""

    @property
    def family(self) -> Family:
        """What it is for the figures."""
        if self.kind in {"rewrite", "habit"}:
            return "honest" if self.habits else "rewrite"
        if self.kind == "temporary":
            return "temporary"
        if self.kind in {"copied", "route"}:
            return "copy"
        return "burdened" if self.habits else "mutant"


class MutantTally:
    """What became of the changes that were tried, by kind."""

    def __init__(self) -> None:
        self.kept: Counter[str] = Counter()
        self.equivalent: Counter[str] = Counter()
        """The changed step agrees with the right one on random cotangents."""
        self.borderline: Counter[str] = Counter()
        """Neither clearly equal nor clearly different: no ground truth, so not used."""
        self.repeated: Counter[str] = Counter()
        """Another change of the same kind gave the same result."""
        self.refuted: Counter[str] = Counter()
        """Rewrites that turned out to be none."""
        self.alone: Counter[str] = Counter()
        """Exercise and gradient of steps that cannot be tried alone, so that nothing is made of
        them: several in one loop, or temporaries of their own.
        """

    def as_dict(self) -> dict[str, dict[str, int]]:
        """Counts by outcome and kind."""
        return {name: dict(sorted(counts.items())) for name, counts in vars(self).items()}
