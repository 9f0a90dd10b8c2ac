"""Markdown for a job's summary, a release or an issue, as GitHub renders it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.export import target_text
from grader.export.exporter import ExportOptions, Format
from grader.export.markdown_text import block, code, inline, summary
from grader.records.scorecard import ExerciseScore, Scorecard, TargetScore
from grader.report.figures import points

MAX_HINTS = 12
"""More hints than this at once help nobody; the scorecard has them all."""


def write(cards: Sequence[Scorecard], options: ExportOptions) -> str:
    """A table of the class if there are several, then each submission's page."""
    pages = [page(card, with_id=len(cards) > 1) for card in cards]
    if len(cards) == 1:
        return pages[0]
    title = inline(options.title or next((card.title for card in cards), "")) or "Grades"
    rows = [f"| {code(card.id)} | {inline(target_text.headline(card))} |" for card in cards]
    table = [f"## {title}", "", "| Submission | Result |", "| --- | --- |", *rows, ""]
    return "\n".join([*table, *pages])


def page(card: Scorecard, *, with_id: bool = False, note: str = "") -> str:
    """One submission: what it earned, a table for each exercise, hints folded."""
    who = f"{code(card.id)}: " if with_id else ""
    lines = [f"### {who}{inline(target_text.headline(card))}", ""]
    if note:
        lines += [note, ""]
    if card.reason:
        lines += [inline(card.reason), ""]
    lines += [f"- {inline(text)}" for text in card.notes]
    for exercise in card.exercises:
        lines += ["", *_table(exercise)]
    mistakes = [row for _, row in target_text.targets_of(card) if target_text.is_own_mistake(row)]
    for target in mistakes[:MAX_HINTS]:
        lines += ["", *_hint(target)]
    if len(mistakes) > MAX_HINTS:
        lines += ["", f"{len(mistakes) - MAX_HINTS} more are explained on the scorecard."]
    return "\n".join(lines) + "\n"


def _table(exercise: ExerciseScore) -> Iterator[str]:
    earned = f"{points(exercise.score)} / {points(exercise.max_score)}"
    yield f"**{inline(exercise.title or exercise.id)}**: {earned}"
    yield ""
    yield "| | Gradient | Verdict | Points | Where |"
    yield "| :-: | --- | --- | --: | --- |"
    for target in exercise.targets:
        cells = (
            _sign(target),
            code(target.name),
            inline(target_text.label(target)),
            f"{points(target.score)} / {points(target.max_score)}",
            inline(target_text.place(target)),
        )
        yield f"| {' | '.join(cells)} |"


def _hint(target: TargetScore) -> Iterator[str]:
    """Folded; the empty lines end the HTML, so that what follows is Markdown again."""
    where = target_text.place(target)
    title = f"{target.name}: {target_text.label(target)}{f', {where}' if where else ''}"
    yield f"<details><summary>{summary(title)}</summary>"
    yield ""
    for text in target_text.reasons(target):
        yield inline(text)
        yield ""
    if target.lines:
        yield block(target_text.code_lines(target))
        yield ""
    yield "</details>"


def _sign(target: TargetScore) -> str:
    if target.verdict == "unjudged":
        return "❔"
    if target_text.is_passed(target):
        return "✅"
    return "🟡" if target.score > 0 else "❌"


FORMAT = Format("tables with folded hints, for a job summary", write)
