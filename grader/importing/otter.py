"""An assignment of otter: `dist/student/` from `otter assign`, submissions from `otter export`."""

from __future__ import annotations

import re
from pathlib import Path

from grader.errors import UsageError
from grader.importing.course import Course, Listed, files_in

SUBMITTED = "submissions"
_EXPORTED = re.compile(r"_[0-9]{4}_[0-9]{2}_[0-9]{2}T[0-9]{2}_[0-9]{2}_[0-9]{2}_[0-9]+(?=\.zip$)")
"""What `otter export` puts behind a notebook's name."""
_TAKEN = frozenset({".ipynb", ".py", ".zip"})


def read_otter(folder: Path, name: str | None = None) -> Course:
    """The assignment in a folder with `dist/` and `submissions/`; `name` is another name for it.
    A submission is a notebook, a zip as `otter export` makes it, or a student's folder.

    Raises UsageError where there are no submissions.
    """
    submitted = folder / SUBMITTED
    found = dict(files_in(submitted)) if submitted.is_dir() else {}
    useful = {place: path for place, path in found.items() if "/" in place or _useful(path)}
    submissions = _by_student(useful)
    if not submissions:
        raise UsageError(
            f"{folder}: there are no submissions in {SUBMITTED}/: put the notebooks or zips "
            "there that `otter grade` is given"
        )
    students = sorted({_student(place) for place in submissions}, key=str.casefold)
    return Course(
        assignment=name or folder.resolve().name,
        students=tuple(map(Listed, students)),
        submissions=submissions,
        released=dict(files_in(folder / "dist" / "student")),
    )


def _by_student(found: dict[str, Path]) -> dict[str, Path]:
    """Without the time of export in the names, unless it is all that tells two apart."""
    short = {_EXPORTED.sub("", place): path for place, path in found.items()}
    return short if len(short) == len(found) else found


def _useful(path: Path) -> bool:
    return path.suffix.lower() in _TAKEN


def _student(place: str) -> str:
    first, folder, _ = place.partition("/")
    return first if folder else Path(first).stem
