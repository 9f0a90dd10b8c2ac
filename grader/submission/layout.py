"""Whose file is it? The layouts of class folders, and how LMS downloads name students.

alice.ipynb                                          one file, one student
alice/any/depth.ipynb                                one folder, one student
submitted/alice/assignment/x.ipynb                   nbgrader
doealice_12345_67890_x.ipynb, doealice_LATE_…        Canvas
Alice Doe_12345_assignsubmission_file_/x.ipynb       Moodle, folder or flat
"""

from __future__ import annotations

import re

import msgspec

from grader.submission.listing import GRADEABLE, READ, Found, suffix_of

_CANVAS = re.compile(
    r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<number>[0-9]{2,})_[0-9]{2,}_.+", re.IGNORECASE
)
_MOODLE = re.compile(
    r"(?P<name>.+)_(?P<number>[0-9]+)_assignsubmission_(?:file|onlinetext)(?:_.*)?",
    re.IGNORECASE | re.DOTALL,
)


class Student(msgspec.Struct, frozen=True):
    """One student of a listing; equal for all entries of the same one."""

    name: str
    key: str
    """Tells students of one name apart: the LMS's number, or the name of file or folder."""


def student_of(parts: tuple[str, ...]) -> Student | None:
    """The owner of an entry; None for files beside the submissions, such as a README."""
    first, is_folder = parts[0], len(parts) > 1
    named = lms_student(first)
    if named is not None:
        return named
    if is_folder:
        return Student(first, f"{first}/")
    if suffix_of(first) in READ:
        return Student(first[: -len(suffix_of(first))], first)
    return None


def lms_student(name: str) -> Student | None:
    """The student that Canvas or Moodle wrote into the name of a file or folder."""
    match = _MOODLE.fullmatch(name) or (suffix_of(name) and _CANVAS.fullmatch(name))
    return Student(match["name"], match["number"]) if match else None


def is_late(name: str) -> bool:
    """Whether Canvas marked the file as handed in late."""
    match = _CANVAS.fullmatch(name)
    return bool(match and match["late"])


def class_entries(found: list[Found], *, archive: str | None = None) -> list[Found]:
    """The entries with the student first in their path; `archive` is a zip's stem.

    Takes away nbgrader's `submitted/`, and the one folder that a zipped folder is packed in.
    """
    whole = [entry for entry in found if entry.parts == ("",) and entry.problem]
    found = [entry for entry in found if entry.parts != ("",)]
    if archive is not None and _is_wrapped(found, archive):
        found = [_below(entry) for entry in found if len(entry.parts) > 1]
    submitted = [entry for entry in found if entry.parts[0] == "submitted" and len(entry.parts) > 1]
    if submitted:
        found = [_below(entry) for entry in submitted]
    return whole + [entry for entry in found if entry.parts != ("",)]


def _is_wrapped(found: list[Found], archive: str) -> bool:
    tops = {entry.parts[0] for entry in found if len(entry.parts) > 1 or entry.suffix in READ}
    if len(tops) != 1 or any(len(entry.parts) == 1 and entry.suffix in READ for entry in found):
        return False
    top = tops.pop()
    if top == "submitted" or lms_student(top):
        return False
    holds_files = any(len(entry.parts) == 2 and entry.suffix in GRADEABLE for entry in found)
    return top.casefold() == archive.casefold() or not holds_files


def _below(entry: Found) -> Found:
    return msgspec.structs.replace(entry, parts=entry.parts[1:])
