"""The cells that an IPython kernel has run, as a notebook: its memory of its own work."""

from __future__ import annotations

import ast
import sys
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from grader.notebook import Cell, Notebook, Unreadable, read_notebook
from grader.student.superseded import ALIKE, alike, current, lines_of

MAX_CELLS = 1000
"""Executions that are looked at, the last ones."""
MAX_FILE = 8 << 20
"""Bytes of the notebook's file."""
MAX_ABOVE = 20_000
"""Characters above a cell in which its exercise's heading is sought."""


def executed(names: Mapping[str, object], path: Path | None = None) -> Notebook | None:
    """What the kernel whose variables these are has run, in the order in which it ran, up to the
    statement that asks; None where no kernel remembers.

    Cells are numbered as the front end does, `In [7]`. path: the notebook's file, whose
    headings and tags tell which exercise a cell answers.
    """
    shell = _shell(names)
    told = getattr(getattr(shell, "history_manager", None), "input_hist_raw", None)
    if not isinstance(told, list):
        return None
    sources = [(number, str(source)) for number, source in enumerate(told) if number and source]
    if not sources:
        return None
    number, last = sources[-1]
    sources[-1] = number, _up_to_here(shell, last)
    run = [Cell(index=number, kind="code", source=source) for number, source in sources]
    cells = current(run[-MAX_CELLS:])
    return Notebook(path="the notebook", format="ipynb", cells=_headed(cells, path))


def _shell(names: Mapping[str, object]) -> Any:
    """IPython's shell, if these are its variables."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    spaces = names.maps if isinstance(names, ChainMap) else [names]
    mine = getattr(shell, "user_ns", None)
    return shell if any(space is mine for space in spaces) else None


def _up_to_here(shell: Any, source: str) -> str:
    """A running cell without the statements that are still to come."""
    frame = sys._getframe()  # noqa: SLF001 - the only way to see it
    while frame.f_back is not None:
        if frame.f_globals is shell.user_ns and frame.f_code.co_name == "<module>":
            break
        frame = frame.f_back
    else:
        return source
    if source.lstrip().startswith("%%"):
        return source  # what runs is not the cell
    lines = source.split("\n")
    blank = next((n for n, line in enumerate(lines) if line.strip()), 0)  # IPython leaves them out
    try:
        statements = ast.parse(shell.transform_cell(source)).body
    except (SyntaxError, ValueError, RecursionError):
        return source
    ends = [each.end_lineno or 0 for each in statements if each.lineno <= frame.f_lineno]
    return "\n".join(lines[: blank + max(ends, default=len(lines))])


def _headed(cells: Sequence[Cell], path: Path | None) -> tuple[Cell, ...]:
    """Cells with what stands above them in the notebook's file, and with their tags."""
    places = list(_places(path)) if path is not None else []
    return tuple(_as_in(cell, places) for cell in cells)


class _Place(NamedTuple):
    """A code cell in the file."""

    lines: frozenset[str]
    above: str
    tags: tuple[str, ...]


def _as_in(cell: Cell, places: Sequence[_Place]) -> Cell:
    """A cell as the file has it, which may have been saved before the cell was written."""
    lines = lines_of(cell.source)
    shared = [(alike(lines, place.lines), place) for place in places]
    likeness, place = max(shared, key=lambda each: each[0], default=(0.0, None))
    if place is None or likeness < ALIKE:
        return cell
    return replace(cell, tags=place.tags, title=place.above)


def _places(path: Path) -> Iterator[_Place]:
    try:
        if path.stat().st_size > MAX_FILE:
            return
        notebook = read_notebook(path.read_bytes(), path.name)
    except OSError:
        return
    above = ""
    for cell in () if isinstance(notebook, Unreadable) else notebook.cells:
        if cell.kind == "code":
            yield _Place(lines_of(cell.source), above[-MAX_ABOVE:], cell.tags)
            comments = (line for line in cell.source.split("\n") if line.lstrip().startswith("#"))
            above += "\n".join(["", *comments])
        else:
            above += f"\n{cell.source}"
