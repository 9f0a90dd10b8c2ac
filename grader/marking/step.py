"""Steps: what a kind of exercise finds out about the lines of one gradient."""

from __future__ import annotations

from typing import Any

import msgspec

from grader.records.scorecard import Step


class StepFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one step: do its lines derive the gradient rightly, and is it their own?"""

    step: Step
    coincides: bool = False
    """Right only because something is zero."""
    own_forward: bool = False
    """Wrong, but right for the student's own forward function, which is another one."""
    copied: bool = False
    """Its lines ask the autograd engine for it."""
    follows: bool = False
    """The step is unknown, and the value is what follows from wrong gradients of the student's."""
    constant: bool = False
    """It depends neither on the network nor on upstream."""
    why: str | None = None
    """Why the step is unknown."""
    upstream: tuple[str, ...] = ()
    """Targets of the marked gradients that it was computed from."""
    sources: tuple[int, ...] = ()
    """Keys of their attempts."""
    temporaries: tuple[int, ...] = ()
    """Keys of other gradients' attempts in the stretch."""
    engine: tuple[str, ...] = ()
    """Other tensors' own `.grad` that stand for upstream."""
    slipped: str | None = None
    """Forward tensor that deviates in the stretch, where the step fits the student's own."""
    evidence: Any = None
    """What the kind of exercise keeps of a wrong step, for its reason; no matter for marks."""
    pass_id: int = -1
