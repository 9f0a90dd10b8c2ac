"""What is said of a submission as a whole: its forward pass, and formulas found by trying."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from grader.assignment import Assignment
from grader.cleanroom.inspection import Inspection
from grader.marking.attempt import Attempt
from grader.records.scorecard import IntegrityNote

MANY = 10
"""Different attempts at one gradient beyond which a person may want to look."""


def remarks(inspection: Inspection) -> list[str]:
    """Slips of the forward pass, each named once with its line."""
    return list(dict.fromkeys(_slips(inspection)))


def _slips(inspection: Inspection) -> Iterator[str]:
    for slips in inspection.slips.values():
        for slip in slips:
            where = ""
            if slip.site is not None:
                module = inspection.study.notebook.module
                where = f" (line {slip.site.line}{'' if module else f' of cell {slip.site.cell}'})"
            text = (
                f"your forward pass computes `{slip.name}`{where} otherwise than the assignment's"
            )
            if slip.factor is not None:
                text += f": it is {slip.factor:.3g} times that"
            yield f"{text}; each gradient is judged by itself all the same"


def guessed(attempts: Sequence[Attempt], assignment: Assignment) -> list[IntegrityNote]:
    """One mild note where a gradient was tried again and again."""
    counts: defaultdict[tuple[str, str], list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        if attempt.lifetime is not None and attempt.exercise is not None:
            counts[attempt.exercise, attempt.target].append(attempt)
    many = {key: found for key, found in counts.items() if len(found) > MANY}
    if not many:
        return []
    titles = {e.id: e.title.partition(":")[0] for e in assignment.spec.exercises}
    texts = [f"d{target} ({titles[e]}): {len(found)}" for (e, target), found in many.items()]
    (exercise, target), _ = next(iter(many.items()))
    text = f"many attempts at one gradient, of which the best counts: {', '.join(texts)}"
    return [IntegrityNote(code="guessed", exercise=exercise, target=f"d{target}", text=text)]
