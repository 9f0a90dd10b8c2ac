"""One submission's page: a view of its record, and nothing that is not in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby

from grader.records.comparison import RIGHT
from grader.records.grade import Grade
from grader.records.scorecard import ExerciseScore, Line, Scorecard, TargetScore
from grader.report import figures
from grader.report.lines import mismatch_of
from grader.report.page import render
from grader.report.wording import TONES, Tone, Word, explanation_of, verdict_of

SHOWN_LINES = 60
OPEN_LINES = 4
"""More lines than this are folded."""
FIRST_LOOKS = 3


@dataclass(frozen=True)
class Cause:
    """The row in which a mistake began."""

    anchor: str
    place: str


@dataclass(frozen=True)
class TargetRow:
    """A target with what the page says about it."""

    target: TargetScore
    word: Word
    explanation: str
    anchor: str
    cause: Cause | None
    """Where the mistake began."""
    passages: list[tuple[int | None, list[Line]]]
    """The student's lines, by cell."""

    @property
    def folded(self) -> bool:
        return len(self.target.lines) > OPEN_LINES

    @property
    def left_out(self) -> int:
        return max(0, len(self.target.lines) - SHOWN_LINES)

    @property
    def mismatch(self) -> str | None:
        """How far a wrong value is off, and where it is most."""
        return mismatch_of(self.target)

    @property
    def has_more(self) -> bool:
        """Is there anything to say beneath the row?"""
        target = self.target
        said = (target.note, target.root_cause, target.diagnosis, target.found_as, target.attempt)
        return bool(self.explanation or target.lines or any(said))


@dataclass(frozen=True)
class Section:
    """An exercise and its rows."""

    exercise: ExerciseScore
    rows: list[TargetRow]


def render_scorecard(
    card: Scorecard, notebook_html: str | None = None, grade: Grade | None = None
) -> str:
    """One HTML file for a student, which asks for nothing from anywhere.

    `notebook_html` is a complete document (see `render_notebook`); it is embedded in a
    frame in which nothing runs. `grade`: what else counts, where anything does.
    """
    sections = [_section(number, part) for number, part in enumerate(card.exercises, 1)]
    rows = [row for section in sections for row in section.rows]
    return render(
        "scorecard.html.j2",
        card=card,
        sections=sections,
        tally=tally(rows),
        unjudged=[row for row in rows if row.target.verdict == "unjudged"],
        first_looks=[row for row in rows if _is_first_cause(row)][:FIRST_LOOKS],
        with_steps=any(row.target.step != "unknown" for row in rows),
        stopped=[cell for cell in card.cells if cell.status != "ok" and cell.error],
        unrun=sum(cell.status == "skipped" and not cell.error for cell in card.cells),
        seconds=sum(cell.seconds for cell in card.cells),
        notebook_html=notebook_html,
        grade=grade if grade is not None and grade.changed else None,
    )


def tally(rows: list[TargetRow]) -> list[tuple[Tone, int]]:
    """How many rows of each tone, in the order of `TONES`; none that is zero."""
    counts = Counter(row.word.tone for row in rows)
    return [(tone, counts[tone]) for tone in TONES if counts[tone]]


def _section(number: int, exercise: ExerciseScore) -> Section:
    anchors = {target.name: f"e{number}-t{i}" for i, target in enumerate(exercise.targets, 1)}
    causes = {
        target.name: Cause(anchors[target.name], figures.place(target.cell, target.line))
        for target in exercise.targets
    }
    rows = [_row(target, anchors, causes) for target in exercise.targets]
    return Section(exercise, rows)


def _row(target: TargetScore, anchors: dict[str, str], causes: dict[str, Cause]) -> TargetRow:
    by_cell = groupby(target.lines[:SHOWN_LINES], key=lambda line: line.cell)
    return TargetRow(
        target=target,
        word=verdict_of(target),
        explanation=explanation_of(target),
        anchor=anchors[target.name],
        cause=causes.get(target.root_cause or ""),
        passages=[(cell, list(lines)) for cell, lines in by_cell],
    )


def _is_first_cause(row: TargetRow) -> bool:
    """A mistake of its own: nothing that was merely carried on, and nothing that is absent."""
    target = row.target
    if target.verdict in RIGHT or target.verdict in ("missing", "unjudged"):
        return target.diagnosis is not None
    return target.basis == "none" and target.root_cause is None
