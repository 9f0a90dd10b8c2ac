"""All scorecards as one JSON document, `grader/results/v1`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from grader.export.exporter import ExportOptions, Format
from grader.records.scorecard import Scorecard
from grader.report import Results
from grader.report.visible_text import storable


def write(cards: Sequence[Scorecard], options: ExportOptions) -> str:
    """The same as `results.json` in the reports."""
    assignments = {card.assignment for card in cards}
    only = assignments.pop() if len(assignments) == 1 else None
    results = storable(
        Results(
            assignment=only,
            title=options.title,
            scorecards=list(cards),
            grades=list(options.grades.values()),
        )
    )
    return msgspec.json.format(msgspec.json.encode(results), indent=1).decode() + "\n"


FORMAT = Format("all scorecards as one JSON document", write)
