from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from conftest import BACKWARD, BUNDLED, FORWARD, SETUP, SOLUTION, notebook

from grader.assignment import Assignment
from grader.execution.batch import AHEAD, grade_all
from grader.execution.session import GradingSession
from grader.pipeline import Grader
from grader.report import Reports
from grader.sandbox import Sandbox
from grader.submission import Submission

HANA = BUNDLED / "examples" / "hana.ipynb"
"""An empty submission: quickly graded."""


@pytest.fixture
def session(tmp_path: Path, assignment: Assignment, sandbox: Sandbox, data: Path) -> GradingSession:
    return GradingSession(assignment, reports=Reports(tmp_path / "out"), within=(data, sandbox))


def submission(name: str, path: Path) -> Submission:
    return Submission(id=name, candidates=(path,), origin=path.name)


def test_cards_come_in_the_order_of_the_submissions(session: GradingSession) -> None:
    examples = BUNDLED / "examples"
    names = ["hana", "ada", "ben", "hana"]
    handed_in = [submission(f"{i}-{n}", examples / f"{n}.ipynb") for i, n in enumerate(names)]
    cards = [marked.card for marked in grade_all(session, handed_in, jobs=2)]
    assert [card.id for card in cards] == ["0-hana", "1-ada", "2-ben", "3-hana"]
    assert [card.score for card in cards] == [0, 43, 15, 0]


def test_a_fault_of_the_grader_itself_leaves_one_submission_ungraded(
    session: GradingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Grader, "grade", fail)
    card = session.grade(submission("anna", SOLUTION)).card
    assert card.status == "ungraded"
    assert "the grader itself failed (ZeroDivisionError: a bug at test_batch.py" in (
        card.reason or ""
    )
    assert (session.reports.out / "anna" / "scorecard.html").exists()


def killer(original: Callable[..., object]) -> Callable[..., object]:
    def run(self: Grader, handed_in: Submission) -> object:
        if handed_in.id.startswith("fatal"):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, handed_in)

    return run


def test_a_pool_process_that_dies_takes_one_submission_with_it(
    session: GradingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Grader, "grade", killer(Grader.grade))
    names = ["a", "fatal", *(f"b{i}" for i in range(2 * AHEAD)), "fatal-too", "z"]
    handed_in = [submission(name, HANA) for name in names]
    cards = [marked.card for marked in grade_all(session, handed_in, jobs=2)]
    assert [card.id for card in cards] == names
    lost = [card for card in cards if card.status == "ungraded"]
    assert [card.id for card in lost] == ["fatal", "fatal-too"]
    assert "run the command again" in (lost[0].reason or "")
    assert (session.reports.out / "fatal" / "scorecard.html").exists()


def test_of_several_notebooks_the_one_with_most_gradients_is_graded(
    tmp_path: Path, session: GradingSession
) -> None:
    shutil.copy(BUNDLED / "examples" / "hana.ipynb", tmp_path / "draft.ipynb")
    shutil.copy(SOLUTION, tmp_path / "final.ipynb")
    both = Submission(
        id="anna",
        candidates=(tmp_path / "draft.ipynb", tmp_path / "final.ipynb"),
        origin="anna/draft.ipynb",
        origins=("anna/draft.ipynb", "anna/final.ipynb"),
    )
    card = session.grade(both).card
    assert card.score == 43
    assert card.source.path == "anna/final.ipynb"
    assert "final.ipynb was graded; also handed in: draft.ipynb" in card.notes


def test_in_each_exercise_the_best_of_several_notebooks_counts_and_is_named(
    tmp_path: Path, session: GradingSession
) -> None:
    first = notebook(SETUP, FORWARD, BACKWARD)
    (tmp_path / "ex1.ipynb").write_bytes(first)
    second = notebook(SETUP, FORWARD, "# Exercise 2\ndlogits = F.softmax(logits, 1)\n"
                      "dlogits[range(n), Yb] -= 1\ndlogits /= n")  # fmt: skip
    (tmp_path / "ex2.ipynb").write_bytes(second)
    card = session.grade(both_of(tmp_path, "ex1.ipynb", "ex2.ipynb")).card
    alone = session.grade(both_of(tmp_path, "ex1.ipynb")).card
    assert [exercise.file for exercise in card.exercises][:2] == ["ex1.ipynb", "ex2.ipynb"]
    assert card.score == alone.score + 5
    assert "Exercise 2: ex2.ipynb" in card.notes[0]
    assert alone.exercises[0].file is None


def test_by_the_instructors_switch_only_the_last_notebook_counts(
    tmp_path: Path, session: GradingSession
) -> None:
    (tmp_path / "v2.ipynb").write_bytes(SOLUTION.read_bytes())
    (tmp_path / "v10.ipynb").write_bytes(notebook(SETUP, FORWARD, BACKWARD))
    spec = msgspec.structs.replace(session.assignment.spec, files="last")
    mine = msgspec.structs.replace(session.assignment, spec=spec)
    by_last = GradingSession(mine, within=session.open())
    submission = both_of(tmp_path, "v2.ipynb", "v10.ipynb")
    assert session.grade(submission).card.score == 43
    assert by_last.grade(submission).card.source.path == "v10.ipynb"


def test_folders_of_other_assignments_do_not_count(tmp_path: Path, session: GradingSession) -> None:
    (tmp_path / "hw0.ipynb").write_bytes(SOLUTION.read_bytes())
    (tmp_path / "hw1.ipynb").write_bytes(notebook(SETUP, FORWARD, BACKWARD))
    both = msgspec.structs.replace(
        both_of(tmp_path, "hw0.ipynb", "hw1.ipynb"),
        places=("backprop_easy/hw0.ipynb", "Backprop-Ninja/hw1.ipynb"),
    )
    assert session.grade(both).card.source.path == "hw1.ipynb"


def both_of(folder: Path, *names: str) -> Submission:
    paths = tuple(folder / name for name in names)
    return Submission(id="anna", candidates=paths, origin=names[0], origins=names, places=names)


def test_a_file_that_could_not_be_graded_takes_no_points_of_another_and_waits_for_a_person(
    tmp_path: Path, session: GradingSession
) -> None:
    (tmp_path / "ex1.ipynb").write_bytes(notebook(SETUP, FORWARD, BACKWARD))
    lacking = "import nowhere_to_be_found as nw\nn = int(nw.batch_size)"
    (tmp_path / "ex2.ipynb").write_bytes(notebook(SETUP, lacking, FORWARD, "dlogits = probs / n"))
    card = session.grade(both_of(tmp_path, "ex1.ipynb", "ex2.ipynb")).card
    alone = session.grade(both_of(tmp_path, "ex1.ipynb")).card
    assert (card.status, card.score) == ("graded", alone.score)
