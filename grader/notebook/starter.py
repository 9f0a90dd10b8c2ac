"""A starter is the solution with its answers taken out: a notebook or a module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grader.errors import AssignmentError

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"


def strip_answers(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook's JSON without answers and outputs; the argument stays as it is.

    An answer is what stands between a line `### BEGIN SOLUTION` and the next line
    `### END SOLUTION`, markers included. In its place comes `# YOUR CODE HERE`, indented as
    the first marker is, and in cells that are not code `YOUR ANSWER HERE`.

    Raises AssignmentError naming cell (from 0, all cells) and line (from 1) where a marker has
    no partner.
    """
    cells = [_strip_cell(index, cell) for index, cell in enumerate(notebook["cells"])]
    return {**notebook, "cells": cells}


def without_answers(module: str) -> str:
    """The text of a module, in the same way; AssignmentError names the line."""
    return "\n".join(_without_answers("", module, is_code=True))


def _strip_cell(index: int, cell: dict[str, Any]) -> dict[str, Any]:
    is_code = cell["cell_type"] == "code"
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    kept = "\n".join(_without_answers(f"cell {index}, ", text, is_code=is_code))
    stripped = {**cell, "source": kept if isinstance(source, str) else kept.splitlines(True)}
    return {**stripped, "outputs": [], "execution_count": None} if is_code else stripped


def _without_answers(where: str, text: str, *, is_code: bool) -> Iterator[str]:
    begun: int | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        marker = line.strip()
        if marker == BEGIN:
            if begun is not None:
                raise _unbalanced(where, number, BEGIN, f"the one of line {begun} is still open")
            begun = number
            yield from _placeholder(line, is_code=is_code)
        elif marker == END:
            if begun is None:
                raise _unbalanced(where, number, END, f"no `{BEGIN}` before it")
            begun = None
        elif begun is None:
            yield line
    if begun is not None:
        raise _unbalanced(where, begun, BEGIN, f"no `{END}` after it")


def _placeholder(marker_line: str, *, is_code: bool) -> Iterator[str]:
    indent = marker_line[: len(marker_line) - len(marker_line.lstrip())]
    yield indent + ("# YOUR CODE HERE" if is_code else "YOUR ANSWER HERE")
    if is_code and indent:
        # The answer may have been the whole body of its loop or function, and a comment is
        # no body. `...` is one, and does nothing where it was not needed.
        yield indent + "..."


def _unbalanced(where: str, line: int, marker: str, why: str) -> AssignmentError:
    return AssignmentError(f"{where}line {line}: `{marker}` without a partner: {why}")
