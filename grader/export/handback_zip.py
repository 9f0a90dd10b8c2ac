"""Work given back by a learning platform's own upload of feedback: one zip, under its names.

Each platform knows a student again by the name that it gave to folder or file in its download:

Moodle       Ada Doe_103_assignsubmission_file_/…   "Upload multiple feedback files in a zip"
Canvas       doeada_LATE_12345_67890_…              "Upload submissions"
Brightspace  12345-67890 - Ada Doe - Oct 3, 2026 915 AM/…   "Add feedback files"
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

import msgspec

from grader.errors import UsageError
from grader.export.archive import zipped
from grader.export.cards import StudentFolder
from grader.export.exporter import File
from grader.export.handback import PAGES, own_files

PAGE: Final = PAGES[0]


class Platform(msgspec.Struct, frozen=True):
    """How it names what students handed in, and where it takes feedback."""

    title: str
    folder: re.Pattern[str] | None
    """A student's folder in its download; None where it makes none."""
    file: re.Pattern[str]
    """What it puts before the student's own name of a file."""
    upload: str


_MOODLE = r"[^_/]+_[0-9]+_assignsubmission_[a-z]+"
_BRIGHTSPACE = r"[0-9]+-[0-9]+ ?- .+? ?- [^-]*[0-9]{4}[^-]*?"
PLATFORMS: Final = {
    "moodle": Platform(
        "Moodle",
        re.compile(rf"{_MOODLE}_?", re.IGNORECASE),
        re.compile(rf"{_MOODLE}_", re.IGNORECASE),
        "the assignment's submissions, Upload multiple feedback files in a zip",
    ),
    "canvas": Platform(
        "Canvas",
        None,
        re.compile(r"(?:[^_/]+_(?:LATE_)?[0-9]+|anon_[A-Za-z0-9]{5}(?:_LATE)?)_[0-9]+_"),
        "the assignment, Upload Submissions",
    ),
    "brightspace": Platform(
        "Brightspace",
        re.compile(_BRIGHTSPACE),
        re.compile(rf"{_BRIGHTSPACE} - "),
        "the assignment's submissions, Add Feedback Files",
    ),
}


def feedback(
    folders: Sequence[StudentFolder], platform: Platform, *, skip_unknown: bool = False
) -> File:
    """The zip to upload. Raises UsageError where a submission does not stand under a name of
    this platform's, or two under the same one, and where there is none that does.
    """
    files: dict[str, File] = {}
    unknown: list[str] = []
    for folder in folders:
        name = place_of(folder.card.source.path, platform)
        if name is None:
            unknown.append(folder.card.id)
        elif name in files:
            raise UsageError(f"{platform.title}: two submissions stand under {name}: grade again")
        else:
            files[name] = File(own_files(folder.path)[PAGE])
    if unknown and not (skip_unknown and files):
        shown = ", ".join(unknown[:5]) + (f" and {len(unknown) - 5} more" if unknown[5:] else "")
        raise UsageError(
            f"not under {platform.title}'s names: {shown}. Grade its download as it is, zip or "
            "folder, without renaming; --skip-unknown leaves such submissions out"
        )
    return File(zipped(files))


def place_of(path: str, platform: Platform) -> str | None:
    """Where the scorecard of the submission at `path` belongs in the zip."""
    parts = PurePosixPath(path.rpartition("!")[2]).parts
    for part in parts[:-1]:
        if platform.folder is not None and platform.folder.fullmatch(part):
            return f"{part}/{PAGE}"
    match = platform.file.match(parts[-1]) if parts else None
    return match and f"{match[0]}{PAGE}"
