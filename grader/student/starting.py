"""`grader start`: an assignment's starter and data, laid into the current folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from grader.assignment import Assignment, find_assignment, load_assignment
from grader.errors import UsageError


def start(name: str, folder: str | Path = ".") -> list[Path]:
    """Copy the starter of an assignment and the files that it opens; what is there stays.

    Returns the files that were written. Raises UsageError where there is no such assignment or no
    starter, and where a starter is there already: it may hold a student's work.
    """
    assignment = load_assignment(find_assignment(name))
    target = Path(folder)
    wanted = {target / place: source for place, source in _files(assignment)}
    if not wanted:
        raise UsageError(f"{name} has no starter to begin with: ask for one")
    there = [path for path in wanted if path.exists()]
    starters = [path for path in there if path.suffix in {".ipynb", ".py"}]
    if starters:
        raise UsageError(
            f"{starters[0]} is there already, and may hold your work: go to another folder, or "
            "give it another name"
        )
    for path, source in wanted.items():
        if path not in there:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)
    return [path for path in wanted if path not in there]


def _files(assignment: Assignment) -> Iterator[tuple[Path, Path]]:
    """Where each file goes, and where it stands."""
    starter = assignment.folder / (assignment.spec.starter or "")
    if assignment.spec.starter and starter.is_file():
        yield Path(f"{assignment.name}{starter.suffix}"), starter
    elif assignment.spec.starter and starter.is_dir():
        for path in sorted(starter.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(starter), path
    for path in assignment.data:
        yield Path(path.name), path
