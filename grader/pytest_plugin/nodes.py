"""The tree of tests: a file, its exercises, their gradients. Known without grading."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.assignment import Exercise
from grader.printable import printable
from grader.protocol.gradient import gradient_name
from grader.pytest_plugin.cards import Cards
from grader.records.scorecard import Scorecard, TargetScore
from grader.report import figures
from grader.report.lines import details, headline
from grader.submission import Submission


class NotRightError(Exception):
    """A gradient that does not earn all its points."""

    def __init__(self, row: TargetScore) -> None:
        super().__init__(row.name)
        self.row = row


class SubmissionFile(pytest.File):
    """One student's submission, at its first file."""

    submission: Submission
    cards: Cards

    def collect(self) -> Iterator[ExerciseNode]:
        for exercise in self.cards.assignment.spec.exercises:
            node: ExerciseNode = ExerciseNode.from_parent(self, name=exercise.id)
            node.exercise = exercise
            yield node


class ExerciseNode(pytest.Collector):
    """One exercise of one submission."""

    exercise: Exercise

    def collect(self) -> Iterator[TargetItem]:
        for target in self.exercise.targets:
            yield TargetItem.from_parent(self, name=gradient_name(target))


class TargetItem(pytest.Item):
    """One gradient of one exercise: passes if it earns all its points."""

    row: TargetScore

    def setup(self) -> None:
        """Grade the submission, unless another test of it came first.

        What is not the student's fault fails here, which pytest reports as an error.
        """
        file, exercise = self._owners()
        card = file.cards.card(file.submission)
        if card.status == "ungraded":
            self.user_properties.append(("status", "ungraded"))
            pytest.fail(f"not graded, which is no zero: {printable(card.reason or '')}", False)
        self.row = _row(card, exercise.id, self.name)
        self.user_properties += _properties(self.row)
        if self.row.verdict == "unjudged":
            said = printable(self.row.note or card.reason or "")
            pytest.fail(f"could not be judged, a person has to look: {said}", False)

    def runtest(self) -> None:
        if self.row.score < self.row.max_score:
            raise NotRightError(self.row)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The verdict, the student's line and the reason; no traceback of ours."""
        if isinstance(excinfo.value, NotRightError):
            return explained(excinfo.value.row)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"{self._owners()[1].id}: {self.name}"

    def _owners(self) -> tuple[SubmissionFile, Exercise]:
        node = self.parent
        assert isinstance(node, ExerciseNode)
        assert isinstance(node.parent, SubmissionFile)
        return node.parent, node.exercise


def explained(row: TargetScore) -> str:
    """A row that lost points, in a few lines."""
    points = f"{figures.points(row.score)} / {figures.points(row.max_score)} points"
    lines = [f"{row.name}: {headline(row)} ({points}, step {row.step})"]
    found = list(details(row))
    width = max((len(detail.label) for detail in found), default=0)
    lines += [f"  {detail.label:{width}}  {printable(detail.text)}" for detail in found]
    return "\n".join(lines)


def _row(card: Scorecard, exercise: str, name: str) -> TargetScore:
    rows = (row for part in card.exercises if part.id == exercise for row in part.targets)
    return next(row for row in rows if row.name == name)


def _properties(row: TargetScore) -> list[tuple[str, object]]:
    """For `--junitxml` and other plugins; a score only where there is one."""
    score = [] if row.verdict == "unjudged" else [("score", row.score)]
    return [
        *score,
        ("max_score", row.max_score),
        ("verdict", row.verdict),
        ("step", row.step),
        ("basis", row.basis),
    ]
