"""A scorecard for a terminal: one line a gradient, and below it what to do about it.

Rich is imported by the calls that need it: importing this module is cheap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from grader.printable import printable
from grader.records.scorecard import ExerciseScore, Scorecard, TargetScore
from grader.report import figures
from grader.report.lines import Detail, details, headline, tone_of
from grader.report.wording import RUNS, Tone

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

Marks = dict[Tone, str]
MARKS: Marks = {
    "right": "✓",
    "carried": "↳",
    "doubt": "~",
    "wrong": "✗",
    "missing": "○",
    "unjudged": "?",
}
ASCII: Marks = MARKS | {"right": "+", "carried": ">", "wrong": "x", "missing": "o"}
STYLES: dict[Tone, str] = {
    "right": "green",
    "carried": "cyan",
    "doubt": "yellow",
    "wrong": "bold red",
    "missing": "dim",
    "unjudged": "yellow",
}
DEEP = 8
"""Columns by which details stand in."""
SHOWN_CELLS = 5


def print_card(console: Console, card: Scorecard) -> None:
    """Everything that a student should know, the total last."""
    marks = MARKS if console.encoding.lower().startswith("utf") else ASCII
    for part in _parts(card, marks):
        console.print(part)


def rows(
    exercise: ExerciseScore, marks: Marks, width: int, *, steps: bool
) -> Iterator[RenderableType]:
    """One exercise: its gradients, each with its details; those without any value in one line.

    width: columns of a name.
    """
    absent = [target for target in exercise.targets if _absent(target)]
    for target in exercise.targets:
        if target not in absent:
            yield _row(target, marks, width, steps=steps)
            yield from _details(list(details(target)))
    if absent:
        yield _missing(absent, marks)


def name_width(card: Scorecard) -> int:
    """Columns of the longest name, so that all exercises stand in line."""
    names = (target.name for exercise in card.exercises for target in exercise.targets)
    return max(map(len, names), default=0)


def _parts(card: Scorecard, marks: Marks) -> Iterator[RenderableType]:
    from rich.text import Text

    yield Text.assemble((printable(card.source.path), "bold"), f"  {printable(card.title)}")
    if card.status == "ungraded":
        yield Text(f"Not graded: {printable(card.reason or '')}", style="yellow")
        yield Text("This is no zero and no fault of yours: mend the cause, then try again.")
        return
    if card.reason:
        yield Text(f"It {RUNS[card.run]}: {printable(card.reason)}", style="yellow")
    for note in card.notes:
        yield Text(f"Note: {printable(note)}", style="dim")
    for exercise in card.exercises:
        yield Text()
        yield heading(exercise)
        if exercise.cause:
            yield Text(f"  {printable(exercise.cause)}", style="yellow")
        yield from rows(exercise, marks, name_width(card), steps=True)
    yield from _cells(card)
    for each in card.integrity:
        yield Text(f"For a person to look at: {printable(each.text)}", style="yellow")
    yield Text()
    yield _total(card)


def heading(exercise: ExerciseScore) -> Text:
    """An exercise's title, and what it has earned."""
    from rich.text import Text

    score = f"{figures.points(exercise.score)} / {figures.points(exercise.max_score)}"
    if not exercise.max_score:
        return Text(printable(exercise.title or exercise.id), style="bold")
    return Text.assemble((printable(exercise.title or exercise.id), "bold"), f"   {score}")


def _absent(target: TargetScore) -> bool:
    """There is nothing to say of it but that it is missing."""
    return target.verdict == "missing" and target.basis == "none" and not target.lines


def _row(target: TargetScore, marks: Marks, width: int, *, steps: bool) -> Text:
    from rich.text import Text

    tone = tone_of(target)
    row = Text(no_wrap=True, overflow="ellipsis")
    row.append(f"  {marks[tone]} ", style=STYLES[tone])
    row.append(f"{target.name:{width}}  ")
    row.append(f"{headline(target):32}", style=STYLES[tone])
    if steps:
        row.append(f"  step {target.step:8}", style="dim" if target.step == "unknown" else "")
        if target.max_score:
            row.append(f"{figures.points(target.score):>4} / {figures.points(target.max_score)}")
    row.rstrip()
    return row


def _details(found: Sequence[Detail]) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    if not found:
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for detail in found:
        text = detail.text.expandtabs(4) if detail.code else detail.text
        style = "bold" if detail.code else ""
        grid.add_row(Text(detail.label), Text(printable(text, limit=600), style=style))
    yield Padding(grid, (0, 0, 0, DEEP), expand=False)


def _missing(absent: Sequence[TargetScore], marks: Marks) -> RenderableType:
    from rich.padding import Padding
    from rich.text import Text

    names = ", ".join(target.name for target in absent)
    line = Text.assemble((f"{marks['missing']} not there yet: ", "dim"), names)
    return Padding(line, (0, 0, 0, 2), expand=False)


def _cells(card: Scorecard) -> Iterator[Text]:
    from rich.text import Text

    stopped = [cell for cell in card.cells if cell.status != "ok" and cell.error]
    if stopped:
        yield Text()
        yield Text("Cells that did not run through", style="bold")
    for cell in stopped[:SHOWN_CELLS]:
        yield Text(f"  cell {cell.index}: {printable(cell.error or '', limit=300)}", style="yellow")
    if len(stopped) > SHOWN_CELLS:
        yield Text(f"  and {len(stopped) - SHOWN_CELLS} more", style="dim")


def _total(card: Scorecard) -> Text:
    from rich.text import Text

    if not card.max_score:  # nothing is worth anything: a learner's own network
        rows = [row for exercise in card.exercises for row in exercise.targets]
        right = sum(row.verdict in {"exact", "close"} for row in rows)
        return Text(f"{right} of {len(rows)} gradients are right", style="bold")
    style = "bold green" if card.score >= card.max_score else "bold"
    return Text.assemble(
        ("Total  ", "bold"),
        (figures.points(card.score), style),
        f" / {figures.points(card.max_score)} points",
    )
