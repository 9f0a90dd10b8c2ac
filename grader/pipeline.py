"""How a submission becomes a scorecard: the whole story on one screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from grader.assignment import Assignment
from grader.errors import InfrastructureError
from grader.exercises.functions.functions import Functions
from grader.exercises.kind import Kind
from grader.exercises.script.script import Script
from grader.marking import card
from grader.marking.answers import Answers, NotRun
from grader.marking.several import together
from grader.records.scorecard import Scorecard
from grader.sandbox import Sandbox
from grader.submission import Submission


class Graded(msgspec.Struct, frozen=True):
    """A scorecard, and the run behind it for those who render the notebook."""

    card: Scorecard
    executed: dict[str, Any] | None = None
    """The notebook as it ran, as nbformat has it; None where nothing ran or nobody asked."""


class Grader:
    """Grades submissions of one assignment in one sandbox."""

    def __init__(
        self,
        assignment: Assignment,
        sandbox: Sandbox,
        data: Path,
        *,
        outputs: bool = False,
        templates: bool = True,
    ) -> None:
        """data: folder of the assignment's data files. outputs: keep the notebook as it ran.
        templates: run cells that are the starter's once for all.
        """
        self.assignment = assignment
        scripts, functions = (assignment.of_kind(kind) for kind in ("script", "functions"))
        self.kinds: list[Kind] = []
        if scripts.spec.exercises:
            self.kinds += [Script(scripts, sandbox, data, outputs=outputs, templates=templates)]
        if functions.spec.exercises:
            self.kinds += [Functions(functions, sandbox, data)]

    def grade(self, submission: Submission) -> Graded:
        """Get the answers out of a submission, and mark them.

        What a student handed in never raises; what the machine failed to do is `ungraded`.
        """
        try:
            files = [each for kind in self.kinds for each in kind.answers(submission)]
        except InfrastructureError as error:
            return Graded(card.ungraded(submission, str(error), self.assignment))
        cards = [self._marked(submission, answers) for answers in files]
        whole, counted = together(cards)  # of several files the best in each exercise
        return Graded(whole, getattr(files[counted], "executed", None))

    def _marked(self, submission: Submission, answers: Answers | NotRun) -> Scorecard:
        if isinstance(answers, NotRun):
            return card.not_run(submission, answers, self.assignment)
        return card.graded(submission, answers, self.assignment)
