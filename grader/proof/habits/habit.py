"""One habit: what it does to a notebook, and what it cannot stand beside."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from grader.proof.habits.book import Book


class NotHereError(Exception):
    """The notebook has no place for this habit, or the habit would change an answer."""


class Habit(msgspec.Struct, frozen=True, kw_only=True):
    """A way of working that keeps every gradient of a notebook, right or wrong."""

    name: str
    change: Callable[[Book], None]
    """Rewrites the book in place. Raises NotHereError where it does not fit."""
    phase: int = 1
    """Order of application: 0 statements, 1 lines and cells around, 2 blocks, 3 names, 4 cells
    as a whole. What rewrites statements must come before what moves them."""
    touches: frozenset[str] = frozenset()
    """What it takes for itself; two habits that touch the same thing are never combined."""
    needs_right: frozenset[tuple[str, str]] = frozenset()
    """(exercise, target) that must be as in the solution, or its truth would be another: what
    it writes anew, and what it relies on to be right."""
    by_value: bool = False
    """Gradients stand under names that only their right values give away: of a wrong one, and
    of what was computed from it, the points may be lost."""
    solution_only: bool = False
    """Not to be combined with rewrites, whose words it does not know."""
