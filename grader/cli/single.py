"""A student's own files, graded one after the other in this process, in one warm sandbox."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from grader.assignment import find_assignment, load_assignment
from grader.cli.detect import detect_assignment
from grader.errors import GraderError, UsageError
from grader.model import Scorecard
from grader.sandbox import open_sandbox
from grader.staging import staged
from grader.submission import Submission
from grader.submission.listing import GRADEABLE, readable, suffix_of
from grader.submission.naming import safe_id

if TYPE_CHECKING:
    from grader.pipeline import Grader


class Checker:
    """Grades files as the instructor's machine does, and writes nothing."""

    def __init__(self, grader: Grader, submissions: Sequence[Submission]) -> None:
        self.grader = grader
        self.submissions = submissions

    def card(self, submission: Submission) -> Scorecard:
        """A fault of the grader's own leaves a submission ungraded."""
        from grader.card import faulty

        try:
            return self.grader.grade(submission).card
        except GraderError:
            raise
        except Exception as error:  # noqa: BLE001 - no traceback of ours for a student
            return faulty(submission, error, self.grader.assignment)


@contextmanager
def opened(
    paths: Sequence[Path], *, assignment: str | None, data: Path | None
) -> Iterator[Checker]:
    """A checker for these files, for as long as the block lasts; UsageError for other paths."""
    submissions = [_submission(path) for path in paths]
    with ExitStack() as stack:
        workspace = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="grader-")))
        folder = find_assignment(assignment) if assignment else detect_assignment(submissions)
        chosen = load_assignment(folder, data=data)
        files = staged(chosen, workspace / "data")
        # The worker starts now and imports torch while this process does the same.
        sandbox = stack.enter_context(open_sandbox(data_dirs=[files]))

        from grader.pipeline import Grader

        yield Checker(Grader(chosen, sandbox, files), submissions)


def all_right(card: Scorecard) -> bool:
    """Whether every gradient of every exercise is there, and right by work of its own."""
    rows = [row for exercise in card.exercises for row in exercise.targets]
    return card.status == "graded" and all(row.basis == "value" for row in rows)


def _submission(path: Path) -> Submission:
    shown = readable(str(path))
    if not path.exists():
        raise UsageError(f"{shown} does not exist: check the path")
    if not path.is_file() or suffix_of(path.name) not in GRADEABLE:
        raise UsageError(
            f"{shown} is neither a notebook (.ipynb) nor a module (.py); "
            "whole folders are graded by `grader grade`"
        )
    return Submission(id=safe_id(path.stem), candidates=(path,), origin=shown)
