"""What students start from, in a repository of their own: the starter, and the data it reads."""

from __future__ import annotations

import json

from grader.assignment import Assignment
from grader.errors import AssignmentError
from grader.export.assignment_files import starter_files
from grader.export.exporter import File

IGNORED = b".ipynb_checkpoints/\n__pycache__/\n.venv/\n"


def handed_out(assignment: Assignment, image: str | None) -> dict[str, File]:
    """Path in the student's repository → file; where `image` is named, students work in it, too.
    Raises AssignmentError without a starter.
    """
    starter = starter_files(assignment)
    if not starter:
        raise AssignmentError(
            f"{assignment.folder}: there is no starter ({assignment.spec.starter}) to make a "
            "template from: write one with `grader starter`"
        )
    data = zip(assignment.spec.data, assignment.data, strict=True)
    files = starter | {name: File(path.read_bytes()) for name, path in data}
    if image:
        editor = json.dumps({"image": image, "remoteUser": "grader"}, indent=2)
        files[".devcontainer/devcontainer.json"] = File(f"{editor}\n".encode())
    return files | {".gitignore": File(IGNORED)}
