"""Cells as a whole: magics, an unfinished last line, a cell that is indented altogether."""

from __future__ import annotations

import textwrap

from grader.proof.habits.book import Book
from grader.proof.habits.habit import Habit


def magics(book: Book) -> None:
    """Lines for IPython at the top of cells."""
    first = book.holding("import torch")
    first.source = f"%matplotlib inline\n{first.source}"
    first.odd = True
    page = book.insert("%%time\nsum(range(1000))", after=first)
    page.odd = True


def unfinished(book: Book) -> None:
    """A cell that somebody began to write at the very end of an exercise, and one at the end."""
    for after in (book.derivation()[-1], book.code[-1]):
        page = book.insert('print("next I would like to")\nfor name in', after=after)
        page.odd = True


def indented(book: Book) -> None:
    """A whole answer pasted with its indentation, but for a comment at the margin."""
    page = book.answers("exercise-2")[-1]
    lines = textwrap.indent(page.source, "    ").split("\n")
    page.source = "\n".join([lines[0], "# this one took me an evening", *lines[1:]])
    page.odd = True


def cut(book: Book) -> None:
    """Outputs cleared, tags kept, an empty cell between any two."""
    for page in book.code:
        book.insert("", after=page)


CELLS = (
    Habit(name="magics", phase=4, change=magics),
    Habit(name="unfinished", phase=4, change=unfinished),
    Habit(name="indented", phase=4, change=indented, touches=frozenset({"blocks", "form"})),
    Habit(name="empty_cells", phase=4, change=cut),
)
"""Habits that change whole cells, after all others."""
