"""What an exporter is: a *format* of results, or a *bundle* that grades somewhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from grader.assignment import Assignment
from grader.assignment.spec import Gradescope
from grader.export.roster import ClassList
from grader.records.grade import Grade
from grader.records.scorecard import Scorecard

GROUP: Final = "grader.exporters"
"""Entry points of this group are a `Format` or a `Bundle`; the entry's name is the exporter's."""


class ExportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What `grader grades` was asked for besides the format."""

    title: str = ""
    """The assignment's title, for people."""
    grades: Mapping[str, Grade] = {}
    """What counts for each student where a gradebook is kept: adjusted, late, decided."""
    roster: ClassList | None = None
    column: str | None = None
    """Header of the grades' column in a learning management system."""
    skip_unknown: bool = False
    """Leave out, instead of refusing, submissions that the roster does not know."""
    gradescope: Gradescope = Gradescope()
    """The assignment's, for a format that says so."""
    environment: Mapping[str, str] = {}
    """Of the process: identity of the submission on a hosting service."""


class Format(msgspec.Struct, frozen=True):
    """Scorecards as one text that another program reads."""

    summary: str
    """One line for `grader grades --help`."""
    write: Callable[[Sequence[Scorecard], ExportOptions], str]
    """Raises UsageError for options that do not fit; scorecards hold hostile text."""
    reads_assignment: bool = False
    """It needs the assignment's own settings, and is not written without them."""
    into: tuple[str, Callable[[Sequence[Scorecard], ExportOptions, Path], int]] | None = None
    """How the name of a file ends that is written into, not anew, and what does so; it says
    how many students it wrote.
    """


class File(msgspec.Struct, frozen=True):
    """One file of a bundle."""

    content: bytes
    executable: bool = False


class BundleOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What `grader export` was asked for besides bundle and assignment."""

    course: str | None = None
    """`ORG/REPOSITORY` on GitHub that holds the instructor's side."""
    image: str | None = None
    """A container's image that has all packages: nothing is installed for a submission then."""
    wheels: Path | None = None
    """A folder of wheels to put into the bundle, so that they need no download there."""


class Bundle(msgspec.Struct, frozen=True):
    """Everything that another service needs to grade an assignment."""

    summary: str
    """One line for `grader export --help`."""
    build: Callable[[Assignment, BundleOptions], dict[str, File]]
    """Path below the output folder, with forward slashes → file."""
