"""What is taken over of a course: paths of files as they lie, nothing of them changed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from grader.errors import UsageError
from grader.report.grades import defused

LEFT_OUT = frozenset({".ipynb_checkpoints", "__pycache__"})


class Listed(msgspec.Struct, frozen=True):
    """A line of the class list."""

    id: str
    name: str = ""
    email: str = ""


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """One assignment of a course."""

    assignment: str
    """As the other grader calls it."""
    students: tuple[Listed, ...]
    submissions: dict[str, Path]
    """Place below `submitted/` → file; `grader grade` reads these places as that grader's."""
    released: dict[str, Path]
    """Place below `released/` → what students were given."""

    @property
    def class_list(self) -> str:
        """As `--roster` reads it."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["id", "name", "email"])
        for each in self.students:
            writer.writerow([each.id, defused(each.name), defused(each.email)])
        return text.getvalue()


def files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Place and path of every file; links are left out, they may lead anywhere."""
    for path in sorted(folder.rglob("*")):
        within = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not LEFT_OUT & set(within.parts):
            yield within.as_posix(), path


def only(names: Sequence[str], wanted: str | None, where: Path) -> str:
    """The assignment that was named, or the only one. Raises UsageError that lists them."""
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted in names:
        return str(wanted)
    known = ", ".join(names) or "none"
    raise UsageError(f"{where}: name one of its assignments with --name (there: {known})")
