"""A course of nbgrader: `submitted/STUDENT/ASSIGNMENT/`, `release/ASSIGNMENT/`, `gradebook.db`."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from grader.errors import UsageError
from grader.importing.course import Course, Listed, files_in, only

_STUDENTS = "SELECT id, first_name, last_name, email FROM student ORDER BY id"


def read_nbgrader(course: Path, name: str | None = None) -> Course:
    """One assignment of the course. Raises UsageError where the folder is none of nbgrader's."""
    submitted = course / "submitted"
    if not submitted.is_dir():
        raise UsageError(f"{course}: there is no submitted/: give the course's folder")
    names = {path.name for path in submitted.glob("*/*/") if path.is_dir()}
    assignment = only(sorted(names), name, course)
    submissions = {
        f"{folder.parent.name}/{assignment}/{place}": path
        for folder in sorted(submitted.glob(f"*/{assignment}/"))
        for place, path in files_in(folder)
    }
    listed = _listed(course / "gradebook.db")
    handed_in = {place.partition("/")[0] for place in submissions}
    known = {each.id for each in listed}
    unlisted = [Listed(each) for each in sorted(handed_in - known)]
    return Course(
        assignment=assignment,
        students=(*listed, *unlisted),
        submissions=submissions,
        released=dict(files_in(course / "release" / assignment)),
    )


def _listed(gradebook: Path) -> list[Listed]:
    """The students in nbgrader's database, which is only read."""
    if not gradebook.is_file():
        return []
    try:
        with contextlib.closing(sqlite3.connect(f"{gradebook.as_uri()}?mode=ro", uri=True)) as book:
            rows = book.execute(_STUDENTS).fetchall()
    except (sqlite3.Error, ValueError) as error:
        raise UsageError(f"{gradebook} cannot be read as nbgrader's gradebook: {error}") from error
    return [
        Listed(str(id_), " ".join(filter(None, (first, last))), email or "")
        for id_, first, last, email in rows
    ]
