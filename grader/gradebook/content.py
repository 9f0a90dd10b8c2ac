"""What was handed in, as a digest; with what it is graded by, that is the key of an attempt.

Equal keys mean equal scorecards, so nothing is graded twice: not in a second run, and not when
a student goes back to an earlier version.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from grader.assignment import Assignment
from grader.notebook.read import MAX_BYTES
from grader.records.environment import grader_version
from grader.submission import Submission

NOT_GRADING = frozenset(
    {
        "__main__.py",
        "cli",
        "doctor",
        "export",
        "gradebook",
        "hosted",
        "proof",
        "pytest_plugin",
        "report",
        "student",
    }
)
"""Parts of this package that no scorecard depends on."""
_ELSEWHERE = frozenset({"bundled"})
"""Of an installed package only: assignments, which have a digest of their own."""
_CHUNK = 1 << 20


class Content(msgspec.Struct, frozen=True):
    """The bytes of a submission, all candidates included: which is chosen follows from them,
    and what stands beside them.
    """

    digest: str
    files: frozenset[str]
    """Digests of the single files; one of them is the scorecard's `source.sha256`."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What submissions are graded by."""

    assignment: str
    """Digest of the assignment, its limits and data included."""
    run: str | None = None
    """The same without its points; None where nothing is to be marked anew from what is stored."""
    grader: str
    """Version, and a digest of the source for those who work on it."""
    torch: str
    python: str
    numpy: str
    with_notebook: bool = False

    def key(self, content: Content) -> str:
        """The key of an attempt: equal ones need no second grading."""
        return hashlib.sha256(msgspec.json.encode([content.digest, self])).hexdigest()

    def run_key(self, content: Content) -> str | None:
        """Equal ones need no second run: at most, other points for what was found."""
        if self.run is None:
            return None
        return msgspec.structs.replace(self, assignment="").key(content)


def rules_of(assignment: Assignment, *, with_notebook: bool) -> Rules:
    """The rules of this machine's grader."""
    return Rules(
        assignment=assignment.digest,
        run=assignment.run_digest,
        grader=f"{grader_version()}+{source_digest()[:12]}",
        torch=_version("torch"),
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        numpy=_version("numpy"),
        with_notebook=with_notebook,
    )


def content_of(submission: Submission) -> Content | None:
    """Reads every candidate; None where one cannot be read, which grading will explain."""
    if submission.lost:
        return None
    try:
        files = [(path.name, _digest(path)) for path in submission.candidates]
        beside = [(each.name, _digest(each.path)) for each in submission.beside]
    except OSError:
        return None
    # repr spells out what no UTF-8 text can hold: file names need not be text.
    notes = (*submission.notes, submission.problem) if submission.problem else submission.notes
    whole = hashlib.sha256(repr((files, submission.places, beside, notes)).encode()).hexdigest()
    return Content(whole, frozenset(digest for _, digest in files) or frozenset({""}))


def _digest(path: Path) -> str:
    """Of as many bytes as grading reads."""
    with path.open("rb") as file:
        first = file.read(_CHUNK)
        digest = hashlib.sha256(first)
        left = MAX_BYTES + 1 - len(first)
        while len(first) == _CHUNK and left > 0 and (chunk := file.read(min(_CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


@cache
def source_digest() -> str:
    """Digest of the modules that grade: a changed grader grades anew."""
    package = Path(__file__).parents[1]
    return _digest_of(
        path
        for path in sorted(package.rglob("*.py"))
        if path.relative_to(package).parts[0] not in NOT_GRADING | _ELSEWHERE
    )


def _digest_of(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
