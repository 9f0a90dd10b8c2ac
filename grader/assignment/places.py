"""Where what belongs to an assignment stands, besides its own folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

SOLUTION = "solution.ipynb"


def solution_places(folder: Path) -> Iterator[Path]:
    """Where an assignment's solution may be: in `solutions/` beside `assignments/`, or with it."""
    folder = folder.resolve()
    yield folder.parent.parent / "solutions" / folder.name / SOLUTION
    yield folder / "solution" / SOLUTION
    yield folder / SOLUTION


def solution_of(folder: Path) -> Path | None:
    """The solution of the assignment in `folder`; None where there is none."""
    return next((path for path in solution_places(folder) if path.is_file()), None)
