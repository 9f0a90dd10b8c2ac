"""What can be said about a class as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.model import Scorecard
from grader.report.figures import share
from grader.report.wording import Tone, verdict_of

BINS = 10


@dataclass(frozen=True)
class Marks:
    """Scores of the graded submissions; the ungraded are in no figure."""

    mean: float
    median: float
    max_score: float | None
    """None where submissions differ in it: mean and median are then shares of 1."""
    bins: list[int]
    """Submissions by share of the points: 0–10 %, … 90–100 %."""


@dataclass(frozen=True)
class Struggle:
    """How the class fared with one target."""

    exercise: str
    name: str
    tones: Counter[Tone]

    @property
    def judged(self) -> int:
        return self.tones.total() - self.tones["unjudged"]

    @property
    def right(self) -> float:
        """Share of right answers among those that could be judged, 0 … 1."""
        return self.tones["right"] / self.judged if self.judged else 0.0

    @property
    def missing(self) -> int:
        return self.tones["missing"]


def marks_of(cards: Sequence[Scorecard]) -> Marks | None:
    """None where nothing was graded."""
    import statistics

    graded = [card for card in cards if card.status == "graded"]
    if not graded:
        return None
    shares = [share(card.score, card.max_score) for card in graded]
    totals = {card.max_score for card in graded}
    scores = [card.score for card in graded] if len(totals) == 1 else shares
    bins = Counter(min(int(part * BINS), BINS - 1) for part in shares)
    return Marks(
        mean=statistics.fmean(scores),
        median=statistics.median(scores),
        max_score=totals.pop() if len(totals) == 1 else None,
        bins=[bins[index] for index in range(BINS)],
    )


def struggles_of(cards: Iterable[Scorecard]) -> list[tuple[str, list[Struggle]]]:
    """Title of each exercise of the graded cards, and its targets in the assignment's order."""
    tones: dict[tuple[str, str], dict[str, Counter[Tone]]] = {}
    titles: dict[tuple[str, str], str] = {}
    for card in cards:
        for exercise in card.exercises:
            key = (card.assignment, exercise.id)
            titles.setdefault(key, exercise.title)
            targets = tones.setdefault(key, {})
            for target in exercise.targets:
                targets.setdefault(target.name, Counter())[verdict_of(target).tone] += 1
    return [
        (titles[key], [Struggle(column_name(key[1]), *item) for item in targets.items()])
        for key, targets in tones.items()
    ]


def hardest(struggles: list[tuple[str, list[Struggle]]], number: int = 5) -> list[Struggle]:
    """The targets that fewest got right; none that everybody did."""
    judged = [item for _, group in struggles for item in group if item.judged]
    below = [item for item in judged if item.right < 1]
    return sorted(below, key=lambda item: item.right)[:number]


def exercise_ids(cards: Iterable[Scorecard]) -> list[str]:
    """Every exercise of the class, in order of first appearance."""
    return list(dict.fromkeys(part.id for card in cards for part in card.exercises))


def column_name(exercise_id: str) -> str:
    """`1` and `exercise-1` both become `exercise-1`."""
    return exercise_id if exercise_id.startswith("exercise") else f"exercise-{exercise_id}"
