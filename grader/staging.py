"""The data files of an assignment, laid out for workers."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.assignment import Assignment


@contextmanager
def staged(assignment: Assignment) -> Iterator[Path]:
    """A folder that holds the data files and nothing else: all that a worker gets to see.

    Any user may read it, for a run may have a user of its own.
    """
    with tempfile.TemporaryDirectory(prefix="grader-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for path in assignment.data:
            shutil.copyfile(path, folder / path.name)
            (folder / path.name).chmod(0o644)
        yield folder
