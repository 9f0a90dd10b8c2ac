"""What grading one submission hands on, wherever it was done: plain data."""

from __future__ import annotations

import msgspec

from grader.records.scorecard import Scorecard


class Result(msgspec.Struct, frozen=True):
    """A scorecard, and the notebook as it ran."""

    card: Scorecard
    """What the submission earned, and why."""
    notebook: str | None = None
    """The executed notebook as HTML, where it was asked for and anything ran."""
