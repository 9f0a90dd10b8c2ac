"""An assignment as a grading machine needs it: only what its manifest names."""

from __future__ import annotations

from pathlib import PurePath

from grader.assignment import Assignment
from grader.assignment.functions import default_file
from grader.assignment.loader import MANIFEST
from grader.errors import AssignmentError
from grader.export.exporter import File

_LEFT_OUT = frozenset({"__pycache__", ".ipynb_checkpoints"})


def assignment_files(assignment: Assignment) -> dict[str, File]:
    """Path below the assignment's folder → file. No solution, no examples: grading needs none.

    Raises AssignmentError for a file that the manifest names outside of the folder.
    """
    spec, folder = assignment.spec, assignment.folder
    scripts = [spec.forward] if assignment.scripted else []
    roles = [each.file or default_file(each.id) for each in spec.exercises if each.kind != "script"]
    for name in (*scripts, *roles, *spec.data, spec.starter or "starter.ipynb"):
        if PurePath(name).is_absolute() or ".." in PurePath(name).parts:
            raise AssignmentError(
                f"{folder / MANIFEST}: {name} is outside of the assignment's folder: move it there"
            )
    files = {MANIFEST: File((folder / MANIFEST).read_bytes())}
    files |= {name: File(assignment.forward.source.encode()) for name in scripts}
    files |= {name: File((folder / name).read_bytes()) for name in roles}
    for path in assignment.support:
        files[path.relative_to(folder).as_posix()] = File(path.read_bytes())
    for name, path in zip(spec.data, assignment.data, strict=True):
        files[name] = File(path.read_bytes())
    if spec.starter:
        within = f"{spec.starter}/" if (folder / spec.starter).is_dir() else ""
        given = starter_files(assignment).items()
        files |= {f"{within}{inside}": file for inside, file in given}
    return files


def starter_files(assignment: Assignment) -> dict[str, File]:
    """What students start from, by the names under which they get it: a file, or a folder's."""
    name = assignment.spec.starter
    path = assignment.folder / name if name else None
    if path is None or not path.exists():
        return {}
    if path.is_file():
        return {str(name): File(path.read_bytes())}
    return {
        each.relative_to(path).as_posix(): File(each.read_bytes())
        for each in sorted(path.rglob("*"))
        if each.is_file() and not _LEFT_OUT & set(each.relative_to(path).parts)
    }


def starter_name(assignment: Assignment) -> str:
    """What a student opens: the notebook, or the modules of a folder."""
    names = [name for name in starter_files(assignment) if "/" not in name]
    return ", ".join(names) or "a notebook"
