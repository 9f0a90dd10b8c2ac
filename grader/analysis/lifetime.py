"""What the analysis finds: lifetimes of gradients, forward statements, loops."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Path: TypeAlias = tuple[tuple[str, int], ...]
"""From a cell's module node to a statement: (("body", 3), ("orelse", 0))."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where a statement stands."""

    cell: int
    path: Path
    line: int
    end_line: int


class Lifetime(msgspec.Struct, kw_only=True):
    """One attempt at a gradient: from a fresh assignment up to the next.

    A change in a later cell makes another one, which goes on from this: what comes after an
    answer may be part of it, or an experiment. Filled in while the walker goes through the
    notebook, read-only afterwards.
    """

    id: int
    name: str
    """The student's variable; of an element of a container, the slicer's name for it."""
    text: str
    """As the student writes it: `dh`, `grads["h"]`."""
    target: str | None
    """The forward tensor, canonical, by the variable's name; None where that says nothing."""
    sure: bool
    """The name is the assignment's own, or one of its aliases."""
    function: str | None
    """Outermost function whose body holds the writes."""
    writes: list[Site] = []
    settle: Site | None = None
    loop: Site | None = None
    """The training loop around it, if any."""
    begun_before_loop: bool = False
    """Written first before a loop that derives gradients, and again inside it."""
    exercise: str | None = None
    made: bool = False
    """An element whose key only the run puts together: whether there is one, the run tells."""


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
    loops: tuple[Site, ...]
    """Loops with a forward pass or an update of parameters, and gradients, inside."""
    watched: tuple[tuple[Site, int], ...]
    """Other loops from the first forward pass on: one of them may be training unseen. Each with
    the hundredths of its cell's time that it may take."""
    limits: tuple[tuple[Site, str], ...]
    """Assignments of loop parameters, with the variable."""
    functions: tuple[str, ...]
    """Functions that derive gradients, those with most first."""
    defined: frozenset[str]
    """All top-level functions."""

    @property
    def targets(self) -> frozenset[str]:
        """Targets with at least one lifetime, by name."""
        return frozenset(life.target for life in self.lifetimes if life.target is not None)

    @property
    def last_cell(self) -> int:
        """The last cell that writes a gradient: nothing after it needs to run."""
        named = (life for life in self.lifetimes if life.target is not None)
        return max((w.cell for life in named for w in life.writes), default=-1)
