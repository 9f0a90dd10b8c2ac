"""`grader grade`: find submissions, grade them, write reports, say what came out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from grader.assignment import find_assignment, load_assignment
from grader.cli.detect import detect_assignment
from grader.cli.progress import progress, warn
from grader.cli.table import print_json, print_table
from grader.errors import UsageError
from grader.model import Scorecard
from grader.report import Reports
from grader.sandbox import open_sandbox
from grader.staging import staged
from grader.submission import discover
from grader.workspace import workspace


def run(
    paths: Sequence[Path],
    *,
    assignment: str | None,
    out: Path,
    data: Path | None,
    jobs: int | None,
    style: str,
    with_notebook: bool,
    required: bool = True,
) -> int:
    """Exit status of the command."""
    with ExitStack() as stack:
        found = discover(paths, stack.enter_context(workspace()) / "unpacked")
        for problem in found.problems:
            warn(problem)
        if not found.submissions:
            raise UsageError("nothing to grade: no notebook or module was found")
        folder = find_assignment(assignment) if assignment else detect_assignment(found.submissions)
        chosen = load_assignment(folder, data=data)
        _writable(out)
        files = stack.enter_context(staged(chosen))
        # The worker starts now and imports torch while this process does the same.
        sandbox = stack.enter_context(open_sandbox(data_dirs=[files], required=required))

        from grader.batch import Work, grade_all

        work = Work(
            assignment=chosen,
            sandbox=sandbox,
            data=files,
            reports=Reports(out),
            with_notebook=with_notebook,
        )
        stream = grade_all(work, found.submissions, jobs=jobs or os.cpu_count() or 1)
        with progress(len(found.submissions)) as advance:
            cards = list(_announced(stream, advance))
        index = work.reports.write_class(cards, chosen.spec.title)
    (print_json if style == "json" else print_table)(cards, index)
    return 1 if any(card.status == "ungraded" for card in cards) else 0


def _announced(
    stream: Iterator[Scorecard], advance: Callable[[Scorecard], None]
) -> Iterator[Scorecard]:
    for card in stream:
        advance(card)
        yield card


def _writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise UsageError(
            f"{out} cannot be written to ({error.strerror}): choose another folder with --out"
        ) from error
