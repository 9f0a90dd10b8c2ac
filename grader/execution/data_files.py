"""The data files of an assignment, laid out for workers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.assignment import Assignment
from grader.temporary_folder import workspace


@contextmanager
def staged(assignment: Assignment) -> Iterator[Path]:
    """A folder that holds the data files and nothing else: all that a worker gets to see.

    Any user may read it, for a run may have a user of its own.
    """
    with workspace(mode=0o711) as outer:
        folder = outer / "data"
        folder.mkdir()
        for path in assignment.data:
            shutil.copyfile(path, folder / path.name)
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield folder
