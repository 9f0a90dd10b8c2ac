from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import BUNDLED, SOLUTION

from grader.assignment import Assignment
from grader.batch import AHEAD, Desk, Work, grade_all
from grader.pipeline import Grader
from grader.report import Reports
from grader.sandbox import Sandbox
from grader.submission import Submission

HANA = BUNDLED / "examples" / "hana.ipynb"
"""An empty submission: quickly graded."""


@pytest.fixture
def work(tmp_path: Path, assignment: Assignment, sandbox: Sandbox, data: Path) -> Work:
    return Work(
        assignment=assignment, sandbox=sandbox, data=data, reports=Reports(tmp_path / "out")
    )


def submission(name: str, path: Path) -> Submission:
    return Submission(id=name, candidates=(path,), origin=path.name)


def test_cards_come_in_the_order_of_the_submissions(work: Work) -> None:
    examples = BUNDLED / "examples"
    names = ["hana", "ada", "ben", "hana"]
    handed_in = [submission(f"{i}-{n}", examples / f"{n}.ipynb") for i, n in enumerate(names)]
    cards = [marked.card for marked in grade_all(work, handed_in, jobs=2)]
    assert [card.id for card in cards] == ["0-hana", "1-ada", "2-ben", "3-hana"]
    assert [card.score for card in cards] == [0, 43, 15, 0]


def test_a_fault_of_the_grader_itself_leaves_one_submission_ungraded(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Grader, "grade", fail)
    card = Desk(work).grade(submission("anna", SOLUTION)).card
    assert card.status == "ungraded"
    assert "the grader itself failed (ZeroDivisionError: a bug at test_batch.py" in (
        card.reason or ""
    )
    assert (work.reports.out / "anna" / "scorecard.html").exists()


def killer(original: Callable[..., object]) -> Callable[..., object]:
    def run(self: Grader, handed_in: Submission) -> object:
        if handed_in.id.startswith("fatal"):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, handed_in)

    return run


def test_a_pool_process_that_dies_takes_one_submission_with_it(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Grader, "grade", killer(Grader.grade))
    names = ["a", "fatal", *(f"b{i}" for i in range(2 * AHEAD)), "fatal-too", "z"]
    handed_in = [submission(name, HANA) for name in names]
    cards = [marked.card for marked in grade_all(work, handed_in, jobs=2)]
    assert [card.id for card in cards] == names
    lost = [card for card in cards if card.status == "ungraded"]
    assert [card.id for card in lost] == ["fatal", "fatal-too"]
    assert "run the command again" in (lost[0].reason or "")
    assert (work.reports.out / "fatal" / "scorecard.html").exists()


def test_of_several_notebooks_the_one_with_most_gradients_is_graded(
    tmp_path: Path, work: Work
) -> None:
    shutil.copy(BUNDLED / "examples" / "hana.ipynb", tmp_path / "draft.ipynb")
    shutil.copy(SOLUTION, tmp_path / "final.ipynb")
    both = Submission(
        id="anna",
        candidates=(tmp_path / "draft.ipynb", tmp_path / "final.ipynb"),
        origin="anna/draft.ipynb",
        origins=("anna/draft.ipynb", "anna/final.ipynb"),
    )
    card = Desk(work).grade(both).card
    assert card.score == 43
    assert card.source.path == "anna/final.ipynb"
    assert "final.ipynb was graded; also handed in: draft.ipynb" in card.notes
