"""What an assignment says that its notebooks need is looked for before anything is graded."""

from __future__ import annotations

import importlib.metadata
import importlib.util

from grader.assignment.loader import MANIFEST, Assignment
from grader.errors import AssignmentError


def check_environment(assignment: Assignment) -> None:
    """Raises AssignmentError if a package of `[environment]` is not installed here."""
    missing = [name for name in assignment.spec.environment.packages if not installed(name)]
    if missing:
        raise AssignmentError(
            f"{assignment.folder / MANIFEST}: environment.packages: {', '.join(missing)} "
            f"not installed here: pip install {' '.join(missing)}"
        )


def installed(name: str) -> bool:
    """Whether there is a module or a distribution of this name."""
    try:
        if name.isidentifier() and importlib.util.find_spec(name) is not None:
            return True
        importlib.metadata.version(name)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return False
    return True
