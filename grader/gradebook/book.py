"""A gradebook: one class's submissions, what they earned, and what people decided.

    grading ──► enroll ─► settled? ─► store      grades, rows ──► class page, CSV, JSON, exports
    people  ──► adjust, decide, forget              attempts  ──► diff

Every method is one transaction: two graders at once, or a run that is interrupted, leave
nothing half done. Errors: `GradebookError` for what the database does, `UsageError` for
names that do not exist.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import msgspec
from sqlalchemy import Connection, select, text, update

from grader.assignment import Assignment
from grader.errors import UsageError
from grader.gradebook import adjusting, attempts, deciding, history, remarking, timestamps
from grader.gradebook.attempts import GradedAttempt
from grader.gradebook.comparison import Move, relate
from grader.gradebook.content import Rules
from grader.gradebook.database import Database
from grader.gradebook.deciding import Note
from grader.gradebook.enrolment import Enrolled, HandedIn, enroll
from grader.gradebook.recognition import Recognised, recognised
from grader.gradebook.roster import Roster
from grader.gradebook.tables import assignments, submissions
from grader.printable import printable
from grader.records.grade import Grade, Ruling
from grader.records.scorecard import Scorecard
from grader.report import Entry
from grader.submission import Submission
from grader.submission.naming import natural


class Gradebook:
    """An open gradebook."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The file, or the address without its password."""
        return self.database.name

    def close(self) -> None:
        """Let go of every connection; the next call opens one again."""
        self.database.release()

    # ---- grading -------------------------------------------------------------------------------

    def recognised(
        self, assignment: str, found: Sequence[Submission], listed: Collection[str] = ()
    ) -> Recognised:
        """Submissions under the ids that the book knows them by, or should by the class list."""
        with self.database.writing() as connection:
            return recognised(connection, assignment, found, listed)

    def enroll(
        self, assignment: Assignment, roster: Roster | None, handed_in: Iterable[HandedIn]
    ) -> dict[str, Enrolled]:
        """Enter what is known before grading: assignment, roster, files and times."""
        with self.database.writing() as connection:
            return enroll(connection, assignment, roster, handed_in)

    def settled(self, places: Mapping[str, Enrolled], keys: Mapping[str, str]) -> set[str]:
        """Ids whose key was graded before: nothing needs to be run for them."""
        with self.database.writing() as connection:
            return attempts.settled(connection, places, keys)

    def remark(
        self,
        assignment: Assignment,
        rules: Rules,
        handed_in: Iterable[tuple[HandedIn, Enrolled]],
    ) -> set[str]:
        """Ids that were marked anew from what is stored: only their points have changed."""
        with self.database.writing() as connection:
            return remarking.remark(connection, assignment, rules, handed_in)

    def store(self, place: Enrolled, attempt: GradedAttempt) -> str | None:
        """Enter a scorecard; returns its `graded_at`, None where an earlier one is better."""
        with self.database.writing() as connection:
            return attempts.store(connection, place.submission_id, attempt)

    # ---- reading -------------------------------------------------------------------------------

    def assignment(self, name: str | None = None) -> tuple[str, str]:
        """Name and title of the assignment called `name`, or of the only one."""
        with self.database.reading() as connection:
            rows = connection.execute(select(assignments.c.name, assignments.c.title))
            known: dict[str, str] = {row.name: row.title for row in rows}
        if name is None and len(known) == 1:
            return next(iter(known.items()))
        if name is not None and name in known:
            return name, known[name]
        there = ", ".join(map(printable, sorted(known))) or "none"
        if name is None:
            raise UsageError(f"{self.name} holds several assignments or none ({there}): name one")
        raise UsageError(f"{self.name} holds no assignment {name!r} (there: {there})")

    def grades(self, assignment: str) -> list[Grade]:
        """Every student's, in the natural order of the ids; without scorecards."""
        with self.database.reading() as connection:
            rows = connection.execute(_GRADES, {"assignment": assignment}).mappings().all()
            adjusted = _by_student(adjusting.active(connection, assignment))
            decided = _by_student(deciding.active(connection, assignment))
        grades = [
            _grade(row, adjusted=adjusted[row["student"]], decided=decided[row["student"]])
            for row in rows
        ]
        return sorted(grades, key=lambda grade: (natural(grade.id), grade.id))

    def rows(self, assignment: str | None = None) -> Iterator[Entry]:
        """Every student's grade with the scorecard that counts; one card at a time in memory."""
        name, _ = self.assignment(assignment)
        yield from self.entries(name, self.grades(name))

    def entries(self, assignment: str, grades: Iterable[Grade]) -> Iterator[Entry]:
        """The grades with their scorecards."""
        ordered = list(grades)
        by_id = {grade.id: grade for grade in ordered if grade.attempt is not None}
        with self.database.reading() as connection:
            cards = attempts.scorecards(connection, assignment, list(by_id))
            waiting = next(cards, None)
            for grade in ordered:
                if waiting is not None and waiting[0] == grade.id:
                    yield Entry(waiting[1], grade)
                    waiting = next(cards, None)
                else:
                    yield Entry(None, grade)

    def scorecard(self, assignment: str, student: str) -> Scorecard | None:
        """The scorecard that counts for one student."""
        with self.database.reading() as connection:
            found = next(attempts.scorecards(connection, assignment, [student]), None)
            return found[1] if found else None

    def moves(self, assignment: str) -> list[Move]:
        """Whose marks are not those of their attempt before, or cost more or less by lateness."""
        with self.database.reading() as connection:
            moves = {move.id: move for move in history.moves(connection, assignment)}
            lateness = history.shares_before(connection, assignment)
        for grade in self.grades(assignment) if lateness else []:
            if grade.id in lateness and (move := relate(grade, lateness[grade.id], moves)):
                moves[grade.id] = move
        return sorted(moves.values(), key=lambda move: natural(move.id))

    def outdated(self, assignment: str) -> list[str]:
        """Whose marks come from an earlier version of the assignment, by id."""
        with self.database.reading() as connection:
            return attempts.outdated(connection, assignment)

    def notebook(self, assignment: str, grade: Grade) -> str | None:
        """The executed notebook behind a grade, if it was kept."""
        with self.database.reading() as connection:
            return attempts.notebook(connection, grade.attempt or "", grade.id, assignment)

    # ---- people --------------------------------------------------------------------------------

    def adjust(self, assignment: str, student: str, points: float, reason: str) -> int:
        """Give or take points by hand; returns the adjustment's number."""
        with self.database.writing() as connection:
            return adjusting.adjust(
                connection, _submission(connection, assignment, student), points, reason
            )

    def undo(self, assignment: str, number: int) -> str:
        """Take an adjustment back; returns whose it was."""
        with self.database.writing() as connection:
            return adjusting.undo(connection, assignment, number)

    def notes(self, assignment: str) -> list[Note]:
        """Every integrity note on a scorecard that counts, and what was decided."""
        with self.database.reading() as connection:
            return deciding.notes(connection, assignment)

    def decide(
        self, assignment: str, student: str, note: str, ruling: Ruling | None, reason: str
    ) -> str:
        """Decide on a note, named in full or by how it begins; returns its full name."""
        with self.database.writing() as connection:
            submission = _submission(connection, assignment, student)
            names = [n.name for n in deciding.notes(connection, assignment) if n.student == student]
            decided = [
                d.note for owner, d in deciding.active(connection, assignment) if owner == student
            ]
            name = deciding.the_one(list(dict.fromkeys([*names, *decided])), note, student)
            deciding.decide(connection, submission, name, ruling, reason)
            return name

    def forget(self, assignment: str, student: str) -> bool:
        """Take a student off the class; what is known stays, and grading brings them back.

        Returns whether they were in it.
        """
        with self.database.writing() as connection:
            row = update(submissions).where(
                submissions.c.id == _submission(connection, assignment, student),
                submissions.c.forgotten_at.is_(None),
            )
            return connection.execute(row.values(forgotten_at=timestamps.now())).rowcount > 0


_GRADES = text("SELECT * FROM grades WHERE assignment = :assignment")


def _grade(row: Mapping[Any, Any], **lists: Any) -> Grade:
    fields = {**row, "id": row["student"], **lists}
    return msgspec.convert({k: v for k, v in fields.items() if k != "student"}, Grade)


def _by_student(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    found = defaultdict(list)
    for student, item in pairs:
        found[student].append(item)
    return found


def _submission(connection: Connection, assignment: str, student: str) -> int:
    """Number of a student's submission; UsageError, with a near miss, if there is none."""
    rows = connection.execute(
        select(submissions.c.student, submissions.c.id).where(
            submissions.c.assignment == assignment
        )
    )
    known = {row.student: row.id for row in rows}
    if student in known:
        return int(known[student])
    near = difflib.get_close_matches(student, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "the class page lists the ids"
    raise UsageError(f"nobody in {assignment} has the id {printable(student)} ({hint})")
