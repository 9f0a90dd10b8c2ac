"""Whose row is it? Submissions are found again in a book under the ids that it knows them by.

Ids of earlier versions depended on who else was there: `Participant-2` was whoever came second.
The path beside such an id says who it is. Nobody's marks are ever moved by likeness alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select, update

from grader.gradebook.roster import Roster
from grader.gradebook.tables import attempts, students, submissions
from grader.submission import Submission
from grader.submission.layout import is_plain
from grader.submission.naming import fold, identity, safe_id
from grader.submission.platforms import named


class Recognised(msgspec.Struct, frozen=True):
    """Submissions under the ids of the book, and lines about what was renamed or is doubtful."""

    submissions: list[Submission]
    lines: list[str] = []
    renamed: list[str] = []
    """Ids that the book does not know any more."""


class _Row(msgspec.Struct, frozen=True):
    student: str
    path: str
    platform_id: str
    """What a platform calls the student, by the path; empty where none tells."""


def as_listed(found: Sequence[Submission], roster: Roster) -> list[Submission]:
    """Submissions under the ids of the class list: in another case, or by login, number, name.

    Only where it is clear both ways: one line of the list, one submission.
    """
    listed = {fold(student.id): student.id for student in roster.students}
    wanted = [_listed(each, listed) for each in found]
    return [
        msgspec.structs.replace(each, id=name, aliases=(*each.aliases, each.id))
        if name is not None and wanted.count(name) == 1
        else each
        for each, name in zip(found, wanted, strict=True)
    ]


def _listed(submission: Submission, listed: Mapping[str, str]) -> str | None:
    if fold(submission.id) in listed:
        return listed[fold(submission.id)]
    names = {fold(safe_id(alias)) for alias in submission.aliases}
    fits = {listed[name] for name in names if name in listed}
    return fits.pop() if len(fits) == 1 else None


def recognised(
    connection: Connection,
    assignment: str,
    found: Sequence[Submission],
    listed: Collection[str] = (),
) -> Recognised:
    """Give every submission the id of its row; or the row that of the submission, where a
    platform's number or the class list (`listed`) says that it is the better one.
    """
    known = connection.execute(
        select(submissions.c.student, submissions.c.path).where(
            submissions.c.assignment == assignment
        )
    )
    rows = [_Row(r.student, r.path or "", _platform_id(r.path or "")) for r in known]
    before = set(connection.execute(select(students.c.id)).scalars())
    by_id = {fold(row.student): row for row in rows}
    taken = {fold(each.id) for each in found}
    free = [row for row in rows if fold(row.student) not in taken]
    result: list[Submission] = []
    lines: list[str] = []
    renamed: list[str] = []
    for each in found:
        row = by_id.get(fold(each.id))
        if row is not None:
            lines += _doubt(row, each)
            result.append(msgspec.structs.replace(each, id=row.student))
            continue
        fits = [row for row in free if _is(row, each)]
        if len(fits) != 1:
            lines += _question(each, free)
            result.append(each)
            continue
        known_as = fits[0].student
        better = each.id in listed or (fits[0].platform_id and known_as not in before)
        if not better:
            result.append(msgspec.structs.replace(each, id=known_as))
            continue
        _rename(connection, assignment, known_as, each.id)
        renamed.append(known_as)
        lines.append(f"{known_as} of the gradebook is called {each.id} now, its marks too")
        result.append(each)
    return Recognised(result, lines, renamed)


def _is(row: _Row, submission: Submission) -> bool:
    """Whether a row is this submission's: by the platform's number, else by the very file."""
    if row.platform_id:
        return row.platform_id == _platform_id(submission.origin)
    return _same_file(row.path, submission.origin)


def _platform_id(path: str) -> str:
    """The folded id that a platform has written into a path."""
    parts = [part for part in re.split(r"[/\\!]", path) if part]
    for index, part in enumerate(parts):
        told = named(part, folder=index < len(parts) - 1)
        if told is not None and told.sure:
            return fold(identity(told.id))
    return ""


def _same_file(one: str, other: str) -> bool:
    return bool(one) and (one == other or os.path.realpath(one) == os.path.realpath(other))


def _rename(connection: Connection, assignment: str, before: str, after: str) -> None:
    """Give a row another id, on its scorecards too; adjustments and decisions hang on the row."""
    row = (submissions.c.assignment == assignment) & (submissions.c.student == before)
    number = connection.execute(select(submissions.c.id).where(row)).scalar_one()
    connection.execute(update(submissions).where(row).values(student=after))
    cards = select(attempts.c.id, attempts.c.scorecard).where(attempts.c.submission_id == number)
    for each in connection.execute(cards).all():
        card = msgspec.json.decode(each.scorecard) | {"id": after}
        text = msgspec.json.encode(card).decode()
        connection.execute(update(attempts).where(attempts.c.id == each.id).values(scorecard=text))


def _doubt(row: _Row, submission: Submission) -> Iterable[str]:
    """Another file under the same id, while the first is still there, may be another student's."""
    if not is_plain(row.student) or not row.path:
        return  # a name of its own: the student's next attempt may lie anywhere
    moved = not _same_file(row.path, submission.origin) and Path(row.path).is_file()
    if moved and Path(row.path).parent.resolve() != Path(submission.origin).parent.resolve():
        yield (
            f"{row.student} was {row.path} before and is {submission.origin} now: if that is "
            "another student's, grade it once more with --id"
        )


def _question(submission: Submission, free: Sequence[_Row]) -> Iterable[str]:
    """A row that may be this student's by its name: nobody but a person can tell."""
    names = [safe_id(alias) for alias in submission.aliases]
    alike = [
        row.student
        for row in free
        if not row.platform_id
        and any(re.fullmatch(rf"{re.escape(fold(n))}(-[0-9]+)?", fold(row.student)) for n in names)
    ]
    if alike:
        yield (
            f"{submission.id} is new in the gradebook; {', '.join(alike[:3])} may be the same "
            "student under an earlier id: if so, grade it alone with --id"
        )
