"""What students start from, in a repository of their own: the starter, and the data it reads."""

from __future__ import annotations

from grader.assignment import Assignment
from grader.errors import AssignmentError
from grader.export.assignment_files import starter_files
from grader.export.exporter import File

IGNORED = b".ipynb_checkpoints/\n__pycache__/\n.venv/\n"


def handed_out(assignment: Assignment) -> dict[str, File]:
    """Path in the student's repository → file. Raises AssignmentError without a starter."""
    starter = starter_files(assignment)
    if not starter:
        raise AssignmentError(
            f"{assignment.folder}: there is no starter ({assignment.spec.starter}) to make a "
            "template from: write one with `grader starter`"
        )
    data = zip(assignment.spec.data, assignment.data, strict=True)
    files = starter | {name: File(path.read_bytes()) for name, path in data}
    return files | {".gitignore": File(IGNORED)}
