"""One changed notebook, and what is known about it by construction."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

import msgspec

Truth = Literal["right", "wrong", "unknown"]


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
    line: tuple[int, int] | None = None
    """Cell (from 0, among all) and line (from 1) of the changed statement."""
    note: str = ""
    """What was done, for people: the changed statement, or the rewrite's name."""
    notebook: dict[str, Any]
    """nbformat 4 JSON, without outputs; cells that were not changed are shared."""


class Tally:
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

    def as_dict(self) -> dict[str, dict[str, int]]:
        """Counts by outcome and kind."""
        return {name: dict(sorted(counts.items())) for name, counts in vars(self).items()}
