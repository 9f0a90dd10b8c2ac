"""Which leading cells of a submission are the starter's: those may have been run before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from grader.protocol import CellCode, Op

_OWN: frozenset[Op] = frozenset({"pass", "forward", "fresh", "settle"})
"""Hooks with which the part that is the submission's own begins, whoever wrote the cell."""


def inert(source: str) -> bool:
    """Whether a cell holds nothing but comments."""
    lines = (line.strip() for line in source.split("\n"))
    return all(not line or line.startswith("#") for line in lines)


def shared_cells(cells: Sequence[CellCode], starter: Iterable[CellCode]) -> int:
    """How many leading cells are the starter's, hooks included.

    Cells without code may stand between them, and their numbers may be others: a student
    who puts a name on top still has the starter's code.
    """
    theirs = iter([cell for cell in starter if cell.source or cell.skip])
    count = 0
    for number, cell in enumerate(cells, start=1):
        if not cell.source and not cell.skip:
            continue
        other = next(theirs, None)
        if other is None or cell.skip or replace(other, index=cell.index) != cell:
            break
        if any(hook.op in _OWN for hook in cell.hooks):
            break
        count = number
    return count
