"""One process's grader with its sandbox: opened once, kept warm, for one submission at a time."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Self

from grader.assignment import Assignment, check_environment
from grader.errors import GraderError
from grader.execution.data_files import staged
from grader.execution.imports import undisturbed
from grader.records.result import Marked
from grader.records.scorecard import Scorecard
from grader.sandbox import open_sandbox
from grader.submission import Submission


class Workbench:
    """Grades submissions of one assignment and writes nothing but temporary files."""

    def __init__(self, assignment: Assignment, *, required: bool, outputs: bool = False) -> None:
        """required: refuse to run anything where neither files nor network can be closed.
        outputs: render the notebook as it ran.

        Raises InfrastructureError where no worker can be started, and AssignmentError where
        a package is not here that the assignment needs.
        """
        check_environment(assignment)
        self.assignment = assignment
        with ExitStack() as stack:
            files = stack.enter_context(staged(assignment))
            # The worker starts now and imports torch while this process does the same.
            sandbox = stack.enter_context(open_sandbox(data_dirs=[files], required=required))

            with undisturbed():
                from grader.pipeline import Grader

            self._grader = Grader(assignment, sandbox, files, outputs=outputs)
            self._stack = stack.pop_all()

    def card(self, submission: Submission) -> Scorecard:
        """Grade; a fault of the grader's own leaves this submission ungraded."""
        return self.marked(submission).card

    def marked(self, submission: Submission) -> Marked:
        """The same with the notebook as it ran, where outputs are wanted."""
        from grader.execution.executed_notebook import rendered_notebook
        from grader.marking.card import faulty

        try:
            graded = self._grader.grade(submission)
            page = rendered_notebook(graded) if self._grader.outputs else None
            return Marked(graded.card, page)
        except GraderError:
            raise
        except Exception as error:  # noqa: BLE001 - one submission may not stop the others
            return Marked(faulty(submission, error, self.assignment))

    def close(self) -> None:
        """End the worker and remove the temporary files."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
