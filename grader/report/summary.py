"""What can be said about a class as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.records.scorecard import Scorecard
from grader.report.class_row import ClassRow
from grader.report.figures import share
from grader.report.wording import Tone, verdict_of

BINS = 10


@dataclass(frozen=True)
class Marks:
    """What counts of the graded submissions; the ungraded are in no figure."""

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


class Struggles:
    """Counts how the graded submissions fared, one after the other."""

    def __init__(self) -> None:
        self._tones: dict[tuple[str, str], dict[str, Counter[Tone]]] = {}
        self._titles: dict[tuple[str, str], str] = {}

    def add(self, card: Scorecard) -> None:
        """Count one submission."""
        for exercise in card.exercises:
            key = (card.assignment, exercise.id)
            self._titles.setdefault(key, exercise.title)
            targets = self._tones.setdefault(key, {})
            for target in exercise.targets:
                targets.setdefault(target.name, Counter())[verdict_of(target).tone] += 1

    def groups(self) -> list[tuple[str, list[Struggle]]]:
        """Title of each exercise, and its targets in the assignment's order."""
        return [
            (self._titles[key], [Struggle(column_name(key[1]), *item) for item in targets.items()])
            for key, targets in self._tones.items()
        ]


def marks_of(rows: Sequence[ClassRow]) -> Marks | None:
    """None where nothing was graded."""
    import statistics

    graded = [row for row in rows if row.has_marks]
    if not graded:
        return None
    shares = [share(row.points, row.max_score) for row in graded]
    totals = {row.max_score for row in graded}
    scores = [row.points for row in graded] if len(totals) == 1 else shares
    bins = Counter(min(int(part * BINS), BINS - 1) for part in shares)
    return Marks(
        mean=statistics.fmean(scores),
        median=statistics.median(scores),
        max_score=totals.pop() if len(totals) == 1 else None,
        bins=[bins[index] for index in range(BINS)],
    )


def hardest(struggles: list[tuple[str, list[Struggle]]], number: int = 5) -> list[Struggle]:
    """The targets that fewest got right; none that everybody did."""
    judged = [item for _, group in struggles for item in group if item.judged]
    below = [item for item in judged if item.right < 1]
    return sorted(below, key=lambda item: item.right)[:number]


def exercise_ids(rows: Iterable[ClassRow]) -> list[str]:
    """Every exercise of the class, in order of first appearance."""
    return list(dict.fromkeys(part.id for row in rows for part in row.parts))


def column_name(exercise_id: str) -> str:
    """`1` and `exercise-1` both become `exercise-1`."""
    return exercise_id if exercise_id.startswith("exercise") else f"exercise-{exercise_id}"
