"""Each submission's scorecard, made when it is first asked for."""

from __future__ import annotations

from functools import cached_property

from grader.assignment import Assignment
from grader.errors import GraderError
from grader.execution.session import GradingSession
from grader.records.scorecard import Scorecard
from grader.submission import Submission


class Cards:
    """Grades a submission once; torch and the sandbox come with the first one."""

    def __init__(self, assignment: Assignment, *, required: bool) -> None:
        """required: refuse to run anything where this machine cannot keep it in."""
        self.assignment = assignment
        self._required = required
        self._cards: dict[str, Scorecard] = {}

    def card(self, submission: Submission) -> Scorecard:
        """The card; `ungraded` where the machine could not do its part."""
        if submission.id not in self._cards:
            self._cards[submission.id] = self._graded(submission)
        return self._cards[submission.id]

    def close(self) -> None:
        """End the sandbox, if there is one."""
        if "_session" in vars(self):
            self._session.close()

    @cached_property
    def _session(self) -> GradingSession:
        return GradingSession(self.assignment, required=self._required)

    def _graded(self, submission: Submission) -> Scorecard:
        try:
            return self._session.grade(submission).card
        except GraderError as error:
            from grader.marking.card import ungraded  # torch comes with it

            return ungraded(submission, str(error), self.assignment)
