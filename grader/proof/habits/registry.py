"""All habits, and how several are applied together."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

from grader.assignment import Assignment
from grader.proof.habits.answers import ANSWERS
from grader.proof.habits.around import AROUND
from grader.proof.habits.book import Book
from grader.proof.habits.cells import CELLS
from grader.proof.habits.forms import FORMS
from grader.proof.habits.habit import Habit, NotHereError
from grader.proof.habits.looking import LOOKING
from grader.proof.habits.naming import NAMING
from grader.proof.habits.training import TRAINING
from grader.proof.habits.wrapping import WRAPS

HABITS: dict[str, Habit] = {
    habit.name: habit
    for habit in (*AROUND, *LOOKING, *FORMS, *ANSWERS, *WRAPS, *TRAINING, *NAMING, *CELLS)
}
"""By name. To be extended with a function and a line in the module that it belongs to."""


def compatible(habits: Sequence[Habit]) -> bool:
    """Whether no two of them touch the same thing."""
    return not any(a.touches & b.touches for a, b in combinations(habits, 2))


def applied(
    habits: Iterable[Habit], notebook: dict[str, Any], assignment: Assignment
) -> dict[str, Any]:
    """The notebook with all of these habits. Raises NotHereError where one does not fit."""
    book = Book(notebook, assignment)
    for habit in sorted(habits, key=lambda each: each.phase):
        try:
            habit.change(book)
        except LookupError:  # an assignment without training, or without what it goes by
            raise NotHereError from None
    for page in book.code:
        if not page.odd and page.changed:
            _parse(page.source)
    return book.written()


def _parse(source: str) -> None:
    try:
        ast.parse(source)
    except SyntaxError:
        raise NotHereError from None
