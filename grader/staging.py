"""The data files of an assignment, laid out for workers."""

from __future__ import annotations

import shutil
from pathlib import Path

from grader.assignment import Assignment


def staged(assignment: Assignment, folder: Path) -> Path:
    """A folder that holds the data files and nothing else: all that a worker gets to see."""
    folder.mkdir(parents=True)
    for path in assignment.data:
        shutil.copyfile(path, folder / path.name)
    return folder
