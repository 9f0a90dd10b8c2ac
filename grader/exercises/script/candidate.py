"""Which of a student's files are answers: the notebooks that define targets."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from pathlib import Path

import msgspec

from grader.analysis.study import Study, study
from grader.assignment import Assignment
from grader.errors import InfrastructureError
from grader.exercises.beside import Surroundings, surroundings
from grader.notebook import Unreadable, read_notebook
from grader.notebook.read import MAX_BYTES
from grader.records.scorecard import Source
from grader.submission import Submission
from grader.submission.naming import natural

MAX_CANDIDATES = 40
"""Files of one student that are looked into."""
MAX_ANSWERS = 8
"""Files of one student that are run."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The chosen file, understood, or the reason why it cannot be."""

    source: Source
    study: Study | Unreadable
    notes: tuple[str, ...] = ()
    beside: Surroundings = Surroundings()
    share: float = 1.0
    """Of the time that one file may take: several have twice that together."""


def choose(submission: Submission, assignment: Assignment) -> Choice:
    """The file that defines most targets, the first of equals."""
    return chosen(submission, assignment)[0]


def chosen(submission: Submission, assignment: Assignment) -> list[Choice]:
    """The files that may answer an exercise, the one that defines most targets first; one that
    says why where there is none.

    By the assignment's switch only the last of them counts. Raises InfrastructureError where a
    file cannot be read: that is the machine's fault.
    """
    if submission.problem is not None:
        return [unusable(submission, submission.problem)]
    origins = submission.origins or (submission.origin,) * len(submission.candidates)
    pairs = zip(submission.candidates[:MAX_CANDIDATES], origins, strict=False)
    looked = [
        (_merit(found, assignment), index, source, found)
        for index, (source, found) in enumerate(_read(p, origin, assignment) for p, origin in pairs)
    ]
    own = of_assignment(submission, assignment)
    ranked = sorted((each for each in looked if each[1] in own), key=lambda each: -each[0])
    kept = [each for each in ranked if each[0] > 0][:MAX_ANSWERS] or ranked[:1]
    if assignment.spec.files == "last":
        kept = [max(kept, key=lambda each: _saved_last(submission, each[1]))]
    notes = [*submission.notes, *_others(submission, [index for _, index, _, _ in kept])]
    notes += [
        f"{name} holds a Python script, though its name does not say so"
        for _, index, source, _ in kept
        if not (name := submission.candidates[index].name).endswith(".py") and source.format == "py"
    ]
    return [
        Choice(
            source=source,
            study=found,
            notes=tuple(notes),
            beside=surroundings(submission, index),
            share=min(1.0, 2 / len(kept)),
        )
        for _, index, source, found in kept
    ]


def of_assignment(submission: Submission, assignment: Assignment) -> Collection[int]:
    """In folders by assignment, as nbgrader's, only those of this one count."""
    tops = [place.partition("/")[0] for place in submission.places if "/" in place]
    wanted = re.sub(r"[\W_]", "", assignment.name).casefold()
    named = {top for top in tops if re.sub(r"[\W_]", "", top).casefold() == wanted}
    if not named:
        return range(len(submission.candidates))
    return [i for i, place in enumerate(submission.places) if place.partition("/")[0] in named]


def _saved_last(submission: Submission, index: int) -> tuple[bool, list[tuple[int, str]]]:
    """Notebooks before modules, the last by name: no date of a file can be relied on."""
    name = submission.candidates[index].name
    return not name.endswith(".py"), natural(name)


def _others(submission: Submission, kept: list[int]) -> list[str]:
    """Says which files count where there are several."""
    names = [path.name for path in submission.candidates]
    others = ", ".join(name for index, name in enumerate(names) if index not in kept)
    if not others:
        return []
    graded = ", ".join(names[index] for index in sorted(kept))
    verb = "was" if len(kept) == 1 else "were"
    return [f"{graded} {verb} graded; also handed in: {others[:500]}"]


def unusable(submission: Submission, reason: str) -> Choice:
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
