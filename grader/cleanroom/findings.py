"""What the clean room finds in the forward pass."""

from __future__ import annotations

import msgspec

from grader.analysis.lifetime import Site


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the student's forward pass that computes something else than forward.py's."""

    tensor: str
    name: str
    site: Site | None
    factor: float | None = None
    """A loss that deviates by this factor alone."""
