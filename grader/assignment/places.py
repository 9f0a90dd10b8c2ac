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
    """The solution of the assignment in `folder`, a notebook or a folder of modules; None where
    there is none.
    """
    places = list(solution_places(folder))
    modules = places[0].parent
    found = next((path for path in places if path.is_file()), None)
    return found or (modules if modules.is_dir() and any(modules.rglob("*.py")) else None)
