"""Which of a student's files is the answer: the notebook that defines most targets."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from grader.analysis.study import Study, study
from grader.assignment import Assignment
from grader.errors import InfrastructureError
from grader.model import Source
from grader.notebook import Unreadable, read_notebook
from grader.notebook.read import MAX_BYTES
from grader.submission import Submission

MAX_CANDIDATES = 40
"""Files of one student that are looked into."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The chosen file, understood, or the reason why it cannot be."""

    source: Source
    study: Study | Unreadable
    notes: tuple[str, ...] = ()


def choose(submission: Submission, assignment: Assignment) -> Choice:
    """The candidate that defines most targets, the first of equals; others are noted.

    Raises InfrastructureError where a file cannot be read: that is the machine's fault.
    """
    if submission.problem is not None:
        return _unusable(submission, submission.problem)
    origins = submission.origins or (submission.origin,)
    looked = [
        (_read(path, origin, assignment), path)
        for path, origin in zip(submission.candidates[:MAX_CANDIDATES], origins, strict=False)
    ]
    (source, found), chosen = max(looked, key=lambda item: _merit(item[0][1], assignment))
    others = ", ".join(path.name for path in submission.candidates if path != chosen)
    notes = list(submission.notes)
    if others:
        notes.append(f"{chosen.name} was graded; also handed in: {others[:500]}")
    return Choice(source=source, study=found, notes=tuple(notes))


def _unusable(submission: Submission, reason: str) -> Choice:
    """A submission of which nothing can be graded."""
    if submission.lost:
        raise InfrastructureError(reason)
    digests = [hashlib.sha256(content_of(path, path.name)) for path in submission.candidates[:1]]
    source = Source(
        path=submission.origin,
        sha256=digests[0].hexdigest() if digests else "",
        format="unknown",
    )
    return Choice(source=source, study=Unreadable(reason), notes=submission.notes)


def _read(path: Path, origin: str, assignment: Assignment) -> tuple[Source, Study | Unreadable]:
    content = content_of(path, origin)
    notebook = read_notebook(content, path.name)
    source = Source(
        path=origin,
        sha256=hashlib.sha256(content).hexdigest(),
        format="unknown" if isinstance(notebook, Unreadable) else notebook.format,
    )
    if isinstance(notebook, Unreadable):
        return source, notebook
    return source, study(notebook, assignment)


def content_of(path: Path, origin: str) -> bytes:
    """As much of a file as grading looks at; InfrastructureError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)  # one more byte tells that it is too large
    except OSError as error:
        raise InfrastructureError(
            f"{origin} cannot be read: {error.strerror}: check its permissions"
        ) from error


def _merit(found: Study | Unreadable, assignment: Assignment) -> int:
    if isinstance(found, Unreadable):
        return -1
    return len(found.program.targets & set(assignment.targets))
