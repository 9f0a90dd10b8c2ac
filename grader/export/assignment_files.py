"""An assignment as a grading machine needs it: only what its manifest names."""

from __future__ import annotations

from pathlib import PurePath

from grader.assignment import Assignment
from grader.assignment.loader import MANIFEST
from grader.errors import AssignmentError
from grader.export.exporter import File


def assignment_files(assignment: Assignment) -> dict[str, File]:
    """Path below the assignment's folder → file. No solution, no examples: grading needs none.

    Raises AssignmentError for a file that the manifest names outside of the folder.
    """
    spec, folder = assignment.spec, assignment.folder
    for name in (spec.forward, *spec.data, spec.starter or "starter.ipynb"):
        if PurePath(name).is_absolute() or ".." in PurePath(name).parts:
            raise AssignmentError(
                f"{folder / MANIFEST}: {name} is outside of the assignment's folder: move it there"
            )
    files = {
        MANIFEST: File((folder / MANIFEST).read_bytes()),
        spec.forward: File(assignment.forward.source.encode()),
    }
    for name, path in zip(spec.data, assignment.data, strict=True):
        files[name] = File(path.read_bytes())
    starter = starter_file(assignment)
    if spec.starter and starter:
        files[spec.starter] = starter
    return files


def starter_file(assignment: Assignment) -> File | None:
    """The notebook that students start from, if there is one."""
    name = assignment.spec.starter
    path = assignment.folder / name if name else None
    return File(path.read_bytes()) if path and path.is_file() else None
