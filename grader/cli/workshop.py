"""What grading here needs: the data laid out, a worker, and torch in this process too."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from grader.assignment import Assignment

if TYPE_CHECKING:
    from grader.sandbox import Sandbox


class Workshop:
    """Data folder and worker of one command, opened once, at the latest when they are wanted.

    The worker imports torch for a second before it can run anything: whoever knows early
    that there is something to run opens the workshop early.
    """

    def __init__(self, assignment: Assignment, *, required: bool) -> None:
        self.assignment, self._required = assignment, required
        self._stack = ExitStack()
        self._opened: tuple[Path, Sandbox] | None = None

    def open(self) -> tuple[Path, Sandbox]:
        """The data folder and the sandbox, which is not waited for."""
        if self._opened is None:
            from grader.execution.data_files import staged
            from grader.sandbox import open_sandbox

            data = self._stack.enter_context(staged(self.assignment))
            sandbox = open_sandbox(data_dirs=[data], required=self._required)
            self._opened = data, self._stack.enter_context(sandbox)
        return self._opened

    def close(self) -> None:
        """End the worker and take the data away; may be called again."""
        self._stack.close()
