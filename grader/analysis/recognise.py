"""Which exercise a lifetime is an attempt at."""

from __future__ import annotations

import functools
import io
import re
import tokenize
from collections.abc import Callable, Iterator, Sequence

from grader.analysis.lifetime import Lifetime
from grader.assignment import Exercise
from grader.notebook import Cell


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
        self.markers = list(_markers(cells, exercises))

    def exercise(self, life: Lifetime) -> Exercise | None:
        """The exercise of a lifetime; None if its target is in none.

        First rule that names an exercise with this target: tag of the cell, training
        loop, heading or comment above, upstream, the first exercise that has it.
        """
        rules: tuple[Callable[[Lifetime], Exercise | None], ...] = (
            self._by_tag,
            self._by_loop,
            self._by_marker,
            self._by_upstream,
        )
        for rule in rules:
            exercise = rule(life)
            if exercise is not None and life.target in exercise.targets:
                return exercise
        plain = [e for e in self.exercises if life.target in e.targets and not e.upstream]
        return plain[0] if plain else None

    def exercise_in(self, cell: int, target: str) -> Exercise | None:
        """The exercise of a value that appeared in a cell without a visible statement.

        By the cell's tag or the last heading up to its end; else the first plain exercise.
        """
        tagged = [e for e in self.exercises if e.id in self.tags.get(cell, set())]
        above = [m.exercise for m in self.markers if m.cell <= cell]
        for exercise in (*tagged, *above[-1:]):
            if target in exercise.targets:
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
        above = [m for m in self.markers if (m.cell, m.line) <= (site.cell, site.line)]
        return above[-1].exercise if above else None

    def _by_upstream(self, life: Lifetime) -> Exercise | None:
        upstream = {up.target for up in life.upstream}
        for exercise in self.exercises:
            wanted = exercise.upstream.get(life.target)
            if wanted is not None and set(wanted) == upstream:
                return exercise
        return None


def _markers(cells: Sequence[Cell], exercises: Sequence[Exercise]) -> Iterator[Marker]:
    wanted = [marker.casefold() for exercise in exercises for marker in exercise.markers]
    for cell in cells:
        text = f"{cell.title}\n{cell.source}".casefold()
        if not any(marker in text for marker in wanted):
            continue  # most cells: telling comments from code takes longer than looking
        for line, text in _headings(cell):
            for exercise in exercises:
                if any(_begins(text, marker) for marker in exercise.markers):
                    yield Marker(cell.index, line, exercise)


def _headings(cell: Cell) -> Iterator[tuple[int, str]]:
    """Lines that may open an exercise: the title of a script's cell, comments, markdown."""
    yield 0, cell.title
    if cell.kind == "code":
        yield from _comments(cell.source)
    else:
        yield from enumerate(cell.source.split("\n"), start=1)


def _begins(text: str, marker: str) -> bool:
    """Whether a line begins with the marker, leaving out `#`, `*`, `-` and the like."""
    bare = re.sub(r"^[\W_]+", "", text)
    return re.match(re.escape(marker) + r"(?!\w)", bare, re.IGNORECASE) is not None


@functools.lru_cache(maxsize=512)
def _comments(source: str) -> tuple[tuple[int, str], ...]:
    """Comments that stand on a line of their own; none where the source is no Python."""
    return tuple(_tokenized(source))


def _tokenized(source: str) -> Iterator[tuple[int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#"):
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError):
        return
