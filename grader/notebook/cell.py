"""A notebook as read: cells in the order of the file, or why there are none."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["code", "markdown", "raw"]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell. Lines end in a line feed, and there are no lone surrogates."""

    index: int
    """Position among all cells, from 0."""
    kind: Kind
    source: str
    tags: tuple[str, ...] = ()
    title: str = ""
    """What a script's `# %%` line says after the marker; of a cell that was run alone, the text
    and the comments above it."""


class Notebook(msgspec.Struct, frozen=True, kw_only=True):
    """The cells of a notebook, script or module; nothing was run."""

    path: str
    """The name it was read under."""
    format: Literal["ipynb", "py"]
    cells: tuple[Cell, ...]
    module: bool = False
    """A `.py` file without cell markers: one cell, index 0."""


class Unreadable(msgspec.Struct, frozen=True):
    """What the student handed in is no notebook that can be graded."""

    reason: str
    """One line that names the file and says what to do."""
