"""Notebooks of strangers, whole: no right line may be called wrong, no wrong one be free unsaid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import strangers

from grader.assignment import Assignment
from grader.pipeline import Grader
from grader.sandbox import Sandbox
from grader.submission import Submission

OPEN = {
    "27_geceyarisi.ipynb": ["exercise-1:dbnvar"],  # several attempts: an earlier one is marked
}
"""What is known to fall short. A notebook that no longer does so fails here, and leaves."""


@pytest.mark.parametrize("truth", strangers.truths(), ids=lambda truth: str(truth["file"])[:-6])
def test_a_strangers_lines(
    truth: dict[str, Any], assignment: Assignment, sandbox: Sandbox, data: Path
) -> None:
    path = strangers.FOLDER / truth["file"]
    grader = Grader(assignment, sandbox, data)
    card = grader.grade(Submission(id="x", candidates=(path,), origin=path.name)).card
    assert card.status == "graded"
    assert "the grader itself failed" not in (card.reason or "")
    told = [*strangers.called_wrong(truth, card), *strangers.free(truth, card)]
    assert told == OPEN.get(truth["file"], [])


def test_names_that_nobody_knows_are_no_silent_zero(
    assignment: Assignment, sandbox: Sandbox, data: Path
) -> None:
    path = strangers.FOLDER / "03_greek.ipynb"
    grader = Grader(assignment, sandbox, data)
    card = grader.grade(Submission(id="x", candidates=(path,), origin=path.name)).card
    (note,) = card.integrity
    assert (card.score, note.code) == (0, "unjudged")
    assert "inputs that were not found" in note.text
