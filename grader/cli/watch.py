"""`grader watch`: check again at every save, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli.check import open_console
from grader.cli.interruption import interruptible
from grader.cli.saves import saves
from grader.cli.single import assignment_of, submission_of
from grader.execution.session import GradingSession
from grader.printable import printable
from grader.records.scorecard import Scorecard
from grader.report import print_card
from grader.report.lines import headline

if TYPE_CHECKING:
    from rich.console import Console

SHOWN_CHANGES = 6


def run(path: Path, *, assignment: str | None, data: Path | None) -> int:
    """Exit status of the command: 0, since it is ended on purpose."""
    console = open_console()
    submission = submission_of(path)
    chosen = assignment_of([submission], name=assignment, data=data)
    try:
        # Your own code, which you run without any walls in Jupyter as well.
        with interruptible(), GradingSession(chosen, required=False) as session:
            before: Scorecard | None = None
            for _ in saves(path):
                began = time.monotonic()
                card = session.grade(submission).card
                _show(console, card, before, time.monotonic() - began)
                before = card
    except KeyboardInterrupt:
        console.print("\nstopped")
    return 0


def _show(console: Console, card: Scorecard, before: Scorecard | None, seconds: float) -> None:
    if console.is_terminal:
        console.clear()
    elif before is not None:
        console.rule()
    print_card(console, card)
    changed = list(changes(before, card)) if before else []
    for line in changed[:SHOWN_CHANGES]:
        console.print(f"  {line}", style="cyan", markup=False)
    if len(changed) > SHOWN_CHANGES:
        console.print(f"  and {len(changed) - SHOWN_CHANGES} more changes", style="cyan")
    now = time.strftime("%H:%M:%S")
    console.print(f"{now}, {seconds:.1f} s. Waiting for the next save (Ctrl-C ends).", style="dim")
    console.file.flush()


def changes(before: Scorecard, card: Scorecard) -> Iterator[str]:
    """What has become of each gradient since the save before."""
    earlier = {
        (exercise.id, row.name): headline(row)
        for exercise in before.exercises
        for row in exercise.targets
    }
    for exercise in card.exercises:
        for row in exercise.targets:
            was, now = earlier.get((exercise.id, row.name)), headline(row)
            if was is not None and was != now:
                yield printable(f"{row.name}: {now} (before: {was})")
