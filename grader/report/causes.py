"""What a scorecard says of exercises that earned nothing, and of those that nobody judged."""

from __future__ import annotations

from grader.records.causes import UNWRITTEN
from grader.records.scorecard import Scorecard


def waits_for_a_person(card: Scorecard) -> bool:
    """Whether something could not be judged, which is neither right nor wrong."""
    rows = (row for exercise in card.exercises for row in exercise.targets)
    noted = any(note.code == "unjudged" for note in card.integrity)
    return noted or any(row.verdict == "unjudged" for row in rows)


def causes(card: Scorecard) -> list[str]:
    """The sentences of a scorecard; what holds for all exercises once."""
    said: dict[str, list[str]] = {}
    for exercise in card.exercises:
        if exercise.cause is not None and exercise.cause != card.reason:
            said.setdefault(exercise.cause, []).append(exercise.id.removeprefix("exercise-"))
    everywhere = len(card.exercises)
    unwritten = [cause for cause in said if cause.startswith(UNWRITTEN)]
    if len(unwritten) > 1:
        names = ", ".join(cause.removeprefix(UNWRITTEN).partition(",")[0] for cause in unwritten)
        ids = [each for cause in unwritten for each in said.pop(cause)]
        said[f"{UNWRITTEN}{names} …"] = ids
    return [
        cause if len(ids) == everywhere else f"{_exercises(ids)}: {cause}"
        for cause, ids in said.items()
    ]


def _exercises(ids: list[str]) -> str:
    """`ex. 1, 2`, or names that speak for themselves: `relu_backward`."""
    numbered = all(each.isdigit() for each in ids)
    return f"{'ex. ' if numbered else ''}{', '.join(ids)}"
