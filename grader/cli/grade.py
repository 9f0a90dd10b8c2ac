"""`grader grade`: find submissions, grade what is new, write reports, say what came out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec

from grader.assignment import Assignment, find_assignment, load_assignment
from grader.cli.progress import progress, warn
from grader.errors import UsageError
from grader.report import Reports
from grader.submission import Submission, discover


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What `grader grade` was told."""

    assignment: str | None
    out: Path
    data: Path | None
    jobs: int | None
    style: str
    with_notebook: bool
    gradebook: str | None
    roster: Path | None
    submitted_at: str | None
    submitted_from: str | None
    regrade: bool


def run(paths: Sequence[Path], options: Options) -> int:
    """Exit status of the command."""
    from grader.cli.table import print_results

    with ExitStack() as stack:
        workspace = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="grader-")))
        found = discover(paths, workspace / "unpacked")
        for problem in found.problems:
            warn(problem)
        if not found.submissions:
            raise UsageError("nothing to grade: no notebook or module was found")
        assignment = load_assignment(_folder(options, found.submissions), data=options.data)
        _writable(options.out)
        ledger = Ledger(options, assignment)
        stack.enter_context(closing(ledger.run))
        todo = ledger.plan(found.submissions)
        ungraded = _grade(todo, ledger, workspace, options) if todo else 0
        published = ledger.run.publish()
        print_results(
            Reports(options.out), [each.id for each in found.submissions], published, options.style,
            unchanged=len(found.submissions) - len(todo),
        )
    return 1 if ungraded or ledger.failed else 0
