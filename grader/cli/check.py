"""`grader check`: a student's own notebook, graded as it will be, shown in the terminal."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from grader.assignment import Assignment
from grader.cli.single import all_right, assignment_of, submission_of
from grader.errors import UsageError
from grader.execution.session import GradingSession
from grader.records.scorecard import Scorecard
from grader.report import print_card, render_scorecard
from grader.report.visible_text import storable
from grader.submission import Submission
from grader.submission.listing import GRADEABLE, suffix_of

if TYPE_CHECKING:
    from rich.console import Console

PLAIN_WIDTH = 110
"""Columns where there is no terminal to ask."""


def run(
    paths: Sequence[Path], *, assignment: str | None, data: Path | None, html: Path | None
) -> int:
    """Exit status of the command."""
    if html is not None:
        _check_page(html, paths)
    from rich.text import Text

    console = open_console()
    cards: list[Scorecard] = []
    submissions = [submission_of(path) for path in paths]
    # Your own code, which you run without any walls in Jupyter as well.
    with ExitStack() as stack:
        chosen = _assignment(submissions, assignment, data, console, stack)
        session = stack.enter_context(GradingSession(chosen, required=False))
        for submission in submissions:
            with console.status(Text(f"running {submission.origin}")):
                card = session.grade(submission).card
            if cards:
                console.rule(style="dim")
            print_card(console, card)
            cards.append(card)
    if html is not None:
        _write_page(html, cards[0])
        console.print(f"The scorecard is in {html}", markup=False, soft_wrap=True)
    return 0 if all(map(all_right, cards)) else 1


def _assignment(
    submissions: Sequence[Submission],
    name: str | None,
    data: Path | None,
    console: Console,
    stack: ExitStack,
) -> Assignment:
    """The assignment that was named or is answered; else the one that a notebook is of itself."""
    try:
        return assignment_of(submissions, name=name, data=data)
    except UsageError as unknown:
        if name is not None or len(submissions) > 1:
            raise
        from grader.authoring import DraftError
        from grader.authoring.own import TAKEN, own_assignment

        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            own, left_out = own_assignment(submissions[0].candidates[0], folder)
        except DraftError as error:
            raise UsageError(
                f"{unknown}. Without one it cannot be checked either: {error}"
            ) from error
        for note in (TAKEN, *(f"{reason}: its gradient is not judged" for reason in left_out)):
            console.print(f"Note: {note}", style="yellow", markup=False)
        return own


def open_console() -> Console:
    """Standard output, whatever letters it knows."""
    from rich.console import Console

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    return console


def _check_page(html: Path, paths: Sequence[Path]) -> None:
    if len(paths) > 1:
        raise UsageError("--html takes one notebook: give one, or use `grader grade`")
    if suffix_of(html.name) in GRADEABLE:
        raise UsageError(f"--html {html} would overwrite a notebook: choose a name in .html")


def _write_page(html: Path, card: Scorecard) -> None:
    page = render_scorecard(storable(card))
    try:
        html.write_bytes(page.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(f"{html} cannot be written ({error.strerror}): choose another") from error
