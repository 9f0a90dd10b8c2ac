"""Which exercise a lifetime is an attempt at."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice

from grader.analysis.lifetime import Lifetime
from grader.assignment import Exercise
from grader.notebook import Cell, python_source
from grader.notebook.syntax import parse

MAX_MARKERS = 10_000
_LEAD = r"^(?:[^\w\n]|_){0,200}"
"""`#`, `*`, `-` and the like before a heading's words."""


class Marker:
    """A place from which on the code belongs to an exercise."""

    __slots__ = ("cell", "exercise", "line")

    def __init__(self, cell: int, line: int, exercise: Exercise) -> None:
        self.cell, self.line, self.exercise = cell, line, exercise


class Recogniser:
    """Knows the tags and headings of one notebook."""

    def __init__(self, cells: Sequence[Cell], exercises: Sequence[Exercise]) -> None:
        self.exercises = exercises
        self.tags = {cell.index: set(cell.tags) for cell in cells}
        self.markers = list(islice(_markers(cells, exercises), MAX_MARKERS))
        self._places = [(marker.cell, marker.line) for marker in self.markers]

    def exercise(
        self, life: Lifetime, target: str, upstream: AbstractSet[str] | None
    ) -> Exercise | None:
        """The exercise of a lifetime as an attempt at `target`; None if that is in none.

        upstream: targets of the gradients that it is computed from; None if that is not known.

        First rule that names an exercise with this target: tag of the cell, training
        loop, heading or comment above, upstream, the first exercise that has it. What stands
        below the heading of a training and is none of its targets is in no exercise.
        """
        rules: tuple[Callable[[], Exercise | None], ...] = (
            lambda: self._by_tag(life),
            lambda: self._by_loop(life),
            lambda: self._by_marker(life),
            lambda: self._by_upstream(target, upstream),
        )
        for rule in rules:
            exercise = rule()
            if exercise is not None and target in exercise.targets:
                return exercise
        around = self._by_marker(life)
        if around is not None and around.training:
            return None  # a temporary of the training, whatever its loop looks like
        plain = [e for e in self.exercises if target in e.targets and not e.upstream]
        return plain[0] if plain else None

    def exercise_in(self, cell: int, target: str) -> Exercise | None:
        """The exercise of a value that appeared in a cell without a visible statement.

        By the cell's tag or the last heading up to its end; else the first plain exercise.
        """
        tagged = [e for e in self.exercises if e.id in self.tags.get(cell, set())]
        above = self._above(cell + 1, -1)
        for exercise in (*tagged, above):
            if exercise is not None and target in exercise.targets:
                return exercise
        plain = [e for e in self.exercises if target in e.targets and not e.upstream]
        return next((e for e in plain if not e.training), None)

    def _by_tag(self, life: Lifetime) -> Exercise | None:
        tags = self.tags.get(life.writes[-1].cell, set())
        return next((e for e in self.exercises if e.id in tags), None)

    def _by_loop(self, life: Lifetime) -> Exercise | None:
        if life.loop is None:
            return None
        return next((e for e in self.exercises if e.training), None)

    def _by_marker(self, life: Lifetime) -> Exercise | None:
        site = life.writes[-1]
        return self._above(site.cell, site.line)

    def _above(self, cell: int, line: int) -> Exercise | None:
        """The exercise that the last marker up to a line names."""
        number = bisect_right(self._places, (cell, line))
        return self.markers[number - 1].exercise if number else None

    def _by_upstream(self, target: str, upstream: AbstractSet[str] | None) -> Exercise | None:
        if upstream is None:
            return None
        for exercise in self.exercises:
            wanted = exercise.upstream.get(target)
            if wanted is not None and set(wanted) == upstream:
                return exercise
        return None


def _markers(cells: Sequence[Cell], exercises: Sequence[Exercise]) -> Iterator[Marker]:
    named = [(_words(marker), exercise) for exercise in exercises for marker in exercise.markers]
    either = "|".join(words.pattern for words, _ in named)
    heading = re.compile(rf"{_LEAD}(?={either})", re.IGNORECASE | re.MULTILINE)
    for cell in cells if named else ():
        for line, text, at in _headings(cell, heading):
            for words, exercise in named:
                if words.match(text, at):
                    yield Marker(cell.index, line, exercise)


def _words(marker: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(marker)}(?!\w)", re.IGNORECASE)


def _headings(cell: Cell, heading: re.Pattern[str]) -> Iterator[tuple[int, str, int]]:
    """Where the words of an exercise open a line: in the title of a script's cell, in
    comments, in markdown. Line, text, and where in the text the words begin.
    """
    for match in heading.finditer(cell.title):
        yield 0, cell.title, match.end()
    quoted: frozenset[int] | None = None
    line, counted = 1, 0
    for match in heading.finditer(cell.source):
        line += cell.source.count("\n", counted, match.start())
        counted = match.start()
        if cell.kind == "code":
            quoted = _quoted(cell.source) if quoted is None else quoted
            if line in quoted or not match[0].lstrip().startswith("#"):
                continue
        yield line, cell.source, match.end()


def _quoted(source: str) -> frozenset[int]:
    """Lines on which a string goes on that began further up; none where it is no Python."""
    python = python_source(source)
    tree = parse(python) if isinstance(python, str) else None
    if not isinstance(tree, ast.Module):
        return frozenset()
    strings = (n for n in ast.walk(tree) if isinstance(n, ast.Constant | ast.JoinedStr))
    return frozenset(n for s in strings for n in range(s.lineno + 1, (s.end_lineno or 0) + 1))
