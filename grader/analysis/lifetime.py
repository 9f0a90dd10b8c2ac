"""What the analysis finds: lifetimes of d-names, forward statements, loops."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from grader.analysis.suspicion import Suspicion

Path: TypeAlias = tuple[tuple[str, int], ...]
"""From a cell's module node to a statement: (("body", 3), ("orelse", 0))."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where a statement stands."""

    cell: int
    path: Path
    line: int
    end_line: int


class Upstream(msgspec.Struct, frozen=True):
    """A gradient whose value flows into a step."""

    target: str
    """Forward tensor, canonical."""
    lifetime: int | None
    """The lifetime that was read; None for `Y.grad` and for a d-name of unknown origin."""
    read: int = -1
    """The reading statement, see `Reading`."""
    name: str = ""
    """As the student spells it: `dh`, or `h.grad`."""


class Lifetime(msgspec.Struct, kw_only=True):
    """One attempt at a gradient: from a fresh assignment up to the next.

    Filled in while the walker goes through the notebook, read-only afterwards.
    """

    id: int
    name: str
    """The student's variable."""
    target: str
    """The forward tensor, canonical."""
    function: str | None
    """Outermost function whose body holds the writes."""
    writes: list[Site] = []
    upstream: set[Upstream] = set()
    fresh: bool = True
    """False where the first visible write already reads the name."""
    alias_of: int | None = None
    """The lifetime whose tensor it shares: `dlogits = dnorm_logits`, or a view of it."""
    hidden: bool = False
    """A function that does not own the name writes it too."""
    opaque: bool = False
    """Gradients may flow into it in ways that the analysis does not follow."""
    settle: Site | None = None
    loop: Site | None = None
    """The training loop around it, if any."""
    begun_before_loop: bool = False
    """Written first before a loop that derives gradients, and again inside it."""
    exercise: str | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that reads gradients."""

    id: int
    site: Site
    names: tuple[str, ...]
    """Student's variables; `h.grad` for another tensor's gradient."""


class ForwardWrite(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that assigns forward tensors."""

    site: Site
    names: tuple[str, ...]
    """Student's variables."""
    root: bool
    """Computed from inputs alone, or the first of all: a forward pass may begin here."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A submission's code as the grader understands it."""

    lifetimes: tuple[Lifetime, ...]
    forwards: tuple[ForwardWrite, ...]
    readings: tuple[Reading, ...]
    engine: tuple[Site, ...]
    """Statements that start the autograd engine."""
    suspicions: tuple[Suspicion, ...]
    """What differentiates in ways no audit sees, or looks behind the cells; each name once."""
    orphans: frozenset[str]
    """d-names that are read where no statement has written them."""
    loops: tuple[Site, ...]
    """Loops with a forward pass or an update of parameters, and gradients, inside."""
    limits: tuple[tuple[Site, str], ...]
    """Assignments of loop parameters, with the variable."""
    bystanders: tuple[str, ...]
    """Other variables that the notebook assigns without asking the autograd engine."""
    functions: tuple[str, ...]
    """Functions that derive gradients, those with most first."""
    defined: frozenset[str]
    """All top-level functions."""

    @property
    def targets(self) -> frozenset[str]:
        """Targets with at least one lifetime."""
        return frozenset(life.target for life in self.lifetimes)

    @property
    def last_cell(self) -> int:
        """The last cell that writes a gradient: nothing after it needs to run."""
        return max((w.cell for life in self.lifetimes for w in life.writes), default=-1)
