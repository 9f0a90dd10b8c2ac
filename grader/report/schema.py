"""The published form of the records."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from grader.records.grade import Grade
from grader.records.scorecard import SCHEMA, Scorecard

DRAFT = "https://json-schema.org/draft/2020-12/schema"


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """`results.json`: all scorecards of one run over a class."""

    schema: Literal["grader/results/v1"] = "grader/results/v1"
    assignment: str | None
    """None where the submissions belong to different assignments, or there are none."""
    title: str
    scorecards: list[Scorecard]
    grades: list[Grade] = []
    """What counts for every student, the missing included; empty without a gradebook."""


def scorecard_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of `scorecard.json`."""
    return {"$schema": DRAFT, "title": SCHEMA, **msgspec.json.schema(Scorecard)}
