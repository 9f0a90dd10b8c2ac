"""One run of grading against its gradebook.

The gradebook may fail at any moment, and costs no grade then: from there on results are in the
report files alone, and the run says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from grader.assignment import Assignment
from grader.gradebook.attempts import GradedAttempt
from grader.gradebook.book import Gradebook
from grader.gradebook.content import Content, Rules, content_of
from grader.gradebook.database import GradebookError
from grader.gradebook.enrolment import Enrolled, HandedIn
from grader.gradebook.opening import open_gradebook
from grader.gradebook.publish import Published, page_made_from, publish
from grader.gradebook.recognition import as_listed
from grader.gradebook.roster import Roster
from grader.gradebook.submitted import Times
from grader.records.grade import Grade
from grader.records.scorecard import Scorecard
from grader.report import Reports
from grader.report.manifest import Written
from grader.report.removal import remove_reports
from grader.submission import Submission
from grader.submission.naming import natural

UNREADABLE = "unreadable"
"""Key of what could not be read: no content has it, so it is always tried again."""
NOTICE = (
    "The gradebook could not be used in this run: adjustments, decisions, lateness and students "
    "who handed in nothing are not in these figures."
)

Warn = Callable[[str], None]


class GradingRun:
    """What is to be graded, where results go, and what the folder shows in the end."""

    def __init__(
        self, target: str | Path, assignment: Assignment, rules: Rules, reports: Reports, warn: Warn
    ) -> None:
        self.assignment = assignment
        self.rules = rules
        self.reports = reports
        self.warn = warn
        self.written = Written(reports.out)
        self.failed = False
        self._contents: dict[str, Content | None] = {}
        self._places: dict[str, Enrolled] = {}
        self._finals: dict[str, float | None] = {}
        self.remarked: set[str] = set()
        """Result anew from what is stored, for other points."""
        self.moved: set[str] = set()
        """Not marked anew, and yet with another final mark than before."""
        self._book: Gradebook | None = None
        try:
            self._book = open_gradebook(target, create=True)
        except GradebookError as error:
            self._lose(error)

    def recognised(
        self, submissions: Sequence[Submission], roster: Roster | None
    ) -> list[Submission]:
        """The submissions under the ids of the class list, else of the gradebook."""
        found = as_listed(submissions, roster) if roster is not None else list(submissions)
        if self._book is None:
            return found
        try:
            listed = {student.id for student in roster.students} if roster is not None else ()
            known = self._book.recognised(self.assignment.name, found, listed)
        except GradebookError as error:
            self._lose(error)
            return found
        for line in known.lines:
            self.warn(line)
        for before in known.renamed:
            remove_reports(self.reports.out / before)  # written anew under the other id
        return known.submissions

    def plan(
        self,
        submissions: Sequence[Submission],
        roster: Roster | None,
        times: Times,
        *,
        regrade: bool = False,
    ) -> list[Submission]:
        """Enter the submissions; returns those that have to be graded."""
        if self._book is None:
            return list(submissions)
        self._contents = {each.id: content_of(each) for each in submissions}
        handed_in = [self._handed_in(each, times) for each in submissions]
        try:
            self._finals = {g.id: g.final for g in self._book.grades(self.assignment.name)}
            self._places = self._book.enroll(self.assignment, roster, handed_in)
            keys = {one.id: one.key for one in handed_in if one.key is not None and not regrade}
            done = self._book.settled(self._places, keys)
            open_ = [
                (one, self._places[one.id]) for one in handed_in if one.id in keys.keys() - done
            ]
            self.remarked = self._book.remark(self.assignment, self.rules, open_)
            # No connection may be open when processes are forked for grading.
            self._book.close()
        except GradebookError as error:
            self._lose(error)
            return list(submissions)
        return [each for each in submissions if each.id not in done | self.remarked]

    def store(self, card: Scorecard, notebook: str | None = None) -> None:
        """Enter a scorecard whose files have just been written."""
        if self._book is None:
            return
        self._finals.pop(card.id, None)
        attempt = self._attempt(card, notebook)
        try:
            graded_at = self._book.store(self._places[card.id], attempt)
        except GradebookError as error:
            self._lose(error)
            return
        if graded_at is not None:
            grade = Grade(
                id=card.id,
                assignment=card.assignment,
                status=card.status,
                attempt=attempt.key,
                graded_at=graded_at,
            )
            self.written.note(card.id, self.reports.files_of(card.id), page_made_from(grade))

    def publish(self) -> Published:
        """Write what is missing of the reports; the class page comes last."""
        name, title = self.assignment.name, self.assignment.spec.title
        if self._book is not None:
            try:
                published = publish(self._book, name, title, self.reports, self.written)
            except GradebookError as error:
                self._lose(error)
            else:
                self.moved = self._moved(published.grades)
                self._name_strangers(published.grades)
                self._name_outdated(self._book)
                return published
        ids = sorted(self.reports.ids(), key=natural)
        entries = (e for e in self.reports.entries(ids) if e.card and e.card.assignment == name)
        return Published(self.reports.write_class(entries, title, NOTICE), [])

    def close(self) -> None:
        """Also after an interruption: what was written is known to the next run."""
        self.written.save()
        if self._book is not None:
            self._book.close()

    def _handed_in(self, submission: Submission, times: Times) -> HandedIn:
        content = self._contents[submission.id]
        at, source = times.known.get(submission.id, (None, None))
        return HandedIn(
            id=submission.id,
            path=submission.origin,
            content=content.digest if content else None,
            key=self.rules.key(content) if content else None,
            run_key=self.rules.run_key(content) if content else None,
            submitted_at=at,
            submitted_from=source,
        )

    def _attempt(self, card: Scorecard, notebook: str | None) -> GradedAttempt:
        content = self._contents[card.id]
        key = self.rules.key(content) if content else UNREADABLE
        if (
            content is not None
            and card.status == "graded"
            and card.source.sha256 not in content.files
        ):
            # The file was changed after its digest was taken: no content may have this key.
            key = hashlib.sha256(f"{key} {card.source.sha256}".encode()).hexdigest()
            content = None
        return GradedAttempt(
            key=key,
            run_key=self.rules.run_key(content) if content else None,
            content=content.digest if content else None,
            assignment_digest=self.rules.assignment,
            grader=self.rules.grader,
            torch=self.rules.torch,
            card=card,
            notebook=notebook,
        )

    def _moved(self, grades: Sequence[Grade]) -> set[str]:
        """A deadline, a time or a decision moves final marks without any grading."""
        now = {grade.id: grade.final for grade in grades}
        kept = self._finals.keys() & now.keys() - self.remarked
        return {name for name in kept if self._finals[name] != now[name]}

    def _name_outdated(self, book: Gradebook) -> None:
        """Whoever was not among the paths of this run keeps the marks of an earlier assignment."""
        outdated = book.outdated(self.assignment.name)
        if outdated:
            self.warn(
                f"{_some(outdated)} still have marks by an earlier version of the assignment: "
                "grade them again"
            )

    def _name_strangers(self, grades: Sequence[Grade]) -> None:
        """Reports in OUT of which the gradebook knows nothing are left, and named."""
        known = {grade.id for grade in grades}
        strangers = sorted(self.reports.ids(besides=known), key=natural)
        if strangers:
            self.warn(
                f"{self.reports.out} holds reports that are not in the gradebook "
                f"({_some(strangers)}): grade them again, or remove them"
            )

    def _lose(self, error: GradebookError) -> None:
        self.failed = True
        self._book = None
        self.warn(f"{error}. Results of this run go to {self.reports.out} only")


def _some(names: Sequence[str]) -> str:
    """ada, ben, … (7)"""
    return ", ".join(names[:5]) + (f", … ({len(names)})" if len(names) > 5 else "")
