"""Several files of one student: in each exercise the best of them counts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from msgspec.structs import replace

from grader.marking.notes import flags
from grader.records.scorecard import ExerciseScore, IntegrityNote, Scorecard


def together(cards: Sequence[Scorecard]) -> tuple[Scorecard, int]:
    """One scorecard of all files of a submission, and the index of the file that earned most.

    Of files that earn the same in an exercise the one with more values counts, else the one that
    earned most as a whole, else the first.
    """
    first = max(range(len(cards)), key=lambda index: (*_rank(cards[index]), -index))
    if len(cards) == 1 or cards[first].status != "graded":
        return cards[first], first
    names = _names(cards)
    graded = [index for index, each in enumerate(cards) if each.status == "graded"]
    order = [first, *graded]
    chosen = [_best(index, cards, order) for index in range(len(cards[first].exercises))]
    one = len({card.source.path for card in cards}) == 1  # looked at by two kinds of exercise
    exercises = [
        replace(cards[number].exercises[index], file=None if one else names[number])
        for index, number in enumerate(chosen)
    ]
    whole = replace(
        cards[first],
        exercises=exercises,
        score=sum(exercise.score for exercise in exercises),
        notes=_notes(cards, names, exercises),
        integrity=_integrity(cards, chosen, exercises),
    )
    return whole, first


def _rank(card: Scorecard) -> tuple[bool, float]:
    """What could not be graded is no zero, but nothing that another file's points give way to."""
    return card.status == "graded", card.score


def _best(index: int, cards: Sequence[Scorecard], order: Sequence[int]) -> int:
    """The card that has most in an exercise: points, else attempts that came to something, else
    lines that are there at all, so that what is said of it is said of the right file.
    """
    return max(order, key=lambda number: _merit(cards[number].exercises[index]))


def _merit(exercise: ExerciseScore) -> tuple[float, int, int]:
    tried = sum(row.verdict != "missing" for row in exercise.targets)
    return exercise.score, tried, sum(bool(row.lines) for row in exercise.targets)


def _names(cards: Sequence[Scorecard]) -> list[str]:
    """How the files are told apart: by name, else by their folder, too."""
    paths = [PurePath(card.source.path.rpartition("!")[2]) for card in cards]
    names = [path.name for path in paths]
    return [
        name if names.count(name) == 1 else "/".join(path.parts[-2:])
        for name, path in zip(names, paths, strict=True)
    ]


def _notes(
    cards: Sequence[Scorecard], names: Sequence[str], exercises: Sequence[ExerciseScore]
) -> list[str]:
    notes = list(dict.fromkeys(note for card in cards for note in card.notes))
    contested = any(_contested(index, cards) for index in range(len(exercises)))
    if not contested and (len(set(names)) == 1 or all(name.endswith(".py") for name in names)):
        return notes  # modules that go together, or one file with both kinds of exercise
    files: dict[str, list[str]] = {}
    for exercise in exercises:
        files.setdefault(exercise.file or "", []).append(exercise.title.partition(":")[0])
    says = "; ".join(f"{', '.join(titles)}: {name}" for name, titles in files.items())
    others = [name for name in names if name not in files]
    more = f" (also graded, and not better: {', '.join(others)})" if others else ""
    told = f"of several files the best counts in each exercise: {says}{more}"
    return list(dict.fromkeys([told, *notes]))


def _contested(index: int, cards: Sequence[Scorecard]) -> bool:
    """Whether several files answer an exercise, so that there is something to choose from."""
    graded = {card.source.path: card for card in cards if card.status == "graded"}
    return sum(_merit(card.exercises[index])[1] > 0 for card in graded.values()) > 1


def _integrity(
    cards: Sequence[Scorecard], chosen: Sequence[int], exercises: Sequence[ExerciseScore]
) -> list[IntegrityNote]:
    """Notes on the rows that count, and those on the runs of files that count."""
    counted = [cards[number] for number in dict.fromkeys(chosen)]
    of_rows = {note for card in counted for note in flags(card.exercises)}
    found_none = all(row.verdict == "missing" for e in exercises for row in e.targets)
    counts = {e.id: cards[number] for e, number in zip(exercises, chosen, strict=True)}
    kept = [
        note
        for card in counted
        for note in card.integrity
        if note not in of_rows
        and (note.exercise is None or counts.get(note.exercise) is card)
        and (note.code != "unjudged" or found_none or note.exercise is not None)
    ]
    waiting = [
        IntegrityNote(code="unjudged", text=f"{card.source.path}: {card.reason}")
        for card in cards
        if card.status != "graded"
    ]
    return list(dict.fromkeys([*kept, *flags(exercises), *waiting]))
