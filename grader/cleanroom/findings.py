"""What the clean room finds: slips of the forward pass, and whether steps are right."""

from __future__ import annotations

import msgspec

from grader.analysis.lifetime import Site
from grader.cleanroom.readings import Evidence
from grader.records.scorecard import Step


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the student's forward pass that computes something else than forward.py's."""

    tensor: str
    name: str
    site: Site | None
    factor: float | None = None
    """A loss that deviates by this factor alone."""


class StepFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What the clean room says of one lifetime."""

    step: Step
    coincides: bool = False
    """Right only because something is zero."""
    copied: bool = False
    """Its lines ask the autograd engine for it."""
    constant: bool = False
    """It depends neither on the network nor on upstream."""
    why: str | None = None
    """Why the step is unknown."""
    upstream: tuple[str, ...] = ()
    """Targets of the marked gradients that it was computed from."""
    sources: tuple[int, ...] = ()
    """Their lifetimes."""
    temporaries: tuple[int, ...] = ()
    """Lifetimes of other gradients in the stretch."""
    engine: tuple[str, ...] = ()
    """Other tensors' own `.grad` that stand for upstream."""
    slipped: str | None = None
    """Forward tensor that deviates in the stretch, where the step fits the student's own."""
    evidence: Evidence | None = None
    """Of a wrong step, for its reason."""
    pass_id: int = -1
