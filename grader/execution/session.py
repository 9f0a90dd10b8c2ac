"""A session: an assignment, its data laid out, a sandbox and a grader, opened once."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from grader.assignment import Assignment
from grader.errors import GraderError
from grader.execution.imports import undisturbed
from grader.records.result import Result
from grader.report import Reports, render_notebook
from grader.submission import Submission

if TYPE_CHECKING:
    from grader.pipeline import Grader
    from grader.sandbox import Sandbox


class GradingSession:
    """Grades submissions of one assignment, one at a time.

    The sandbox's worker imports torch for a second before it can run anything: whoever knows
    early that there is something to run opens the session early. Forks of an open session grade
    side by side in its sandbox.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        required: bool = True,
        reports: Reports | None = None,
        outputs: bool = False,
        within: tuple[Path, Sandbox] | None = None,
    ) -> None:
        """required: refuse to run anything where neither files nor network can be closed.
        reports: where scorecards are written as they come, if anywhere. outputs: render the
        notebook as it ran. within: data folder and sandbox of somebody else's, left open.
        """
        self.assignment = assignment
        self.reports = reports
        self._required = required
        self._outputs = outputs
        self._stack = ExitStack()
        self._place = within

    def open(self) -> tuple[Path, Sandbox]:
        """The data folder and the sandbox, made now at the latest; its worker is not waited for.

        Raises InfrastructureError where no worker can be started.
        """
        if self._place is None:
            from grader.execution.data_files import staged
            from grader.sandbox import open_sandbox

            with ExitStack() as stack:
                data = stack.enter_context(staged(self.assignment))
                sandbox = open_sandbox(
                    data_dirs=[data],
                    required=self._required,
                    engines=self.assignment.engines,
                )
                self._place = data, stack.enter_context(sandbox)
                self._stack = stack.pop_all()
        return self._place

    def grade(self, submission: Submission) -> Result:
        """Grade, and write the report where there is a place for it.

        A fault of the grader's own leaves this submission ungraded; GraderError goes on.
        """
        try:
            result = self._graded(submission)
        except GraderError:
            raise
        except Exception as error:  # noqa: BLE001 - one submission may not stop the others
            from grader.marking.card import faulty

            result = Result(faulty(submission, error, self.assignment))
        return self._written(result)

    def lost(self, submission: Submission, reason: str) -> Result:
        """What is left of a submission whose grading the machine has ended."""
        from grader.marking.card import ungraded

        return self._written(Result(ungraded(submission, reason, self.assignment)))

    def close(self) -> None:
        """End the worker and remove the temporary files; may be called again."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @cached_property
    def _grader(self) -> Grader:
        data, sandbox = self.open()
        with undisturbed():  # the worker imports torch while this process does the same
            from grader.pipeline import Grader

        return Grader(self.assignment, sandbox, data, outputs=self._outputs)

    def _graded(self, submission: Submission) -> Result:
        graded = self._grader.grade(submission)
        page = render_notebook(graded.executed) if graded.executed is not None else None
        return Result(graded.card, page)

    def _written(self, result: Result) -> Result:
        if self.reports is not None:
            self.reports.write_scorecard(result.card, result.notebook)
        return result
