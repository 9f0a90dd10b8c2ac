"""Of several files of a student: which one an exercise is told from."""

from __future__ import annotations

from pathlib import Path

from conftest import BACKWARD, FORWARD, ROOT, SETUP, notebook
from msgspec.structs import replace

from grader.assignment import load_assignment
from grader.marking import card
from grader.marking.answers import NotRun
from grader.marking.several import together
from grader.pipeline import Grader
from grader.records.scorecard import ExerciseScore, Line, Scorecard, Source, TargetScore
from grader.sandbox import Sandbox
from grader.submission import Submission

ASSIGNMENT = load_assignment(ROOT / "assignments" / "backprop_ninja")


def a_card(name: str, *, lines: bool) -> Scorecard:
    """Of a file without points, in which the gradient's lines stand or not."""
    source = Source(path=name, sha256="", format="py")
    submission = Submission(id="anna", candidates=(Path(name),), origin=name)
    empty = card.not_run(submission, NotRun(source=source, reason="", notes=[]), ASSIGNMENT)
    written = [Line(cell=None, line=1, text="dx = None")] if lines else []
    target = TargetScore(verdict="missing", name="dx", of="x", max_score=1.0, lines=written)
    exercise = ExerciseScore(
        id="f", title="f", score=0.0, max_score=1.0, targets=[target], cause=name
    )
    return replace(empty, status="graded", exercises=[exercise])


def test_without_points_an_exercise_is_told_from_the_file_that_has_its_lines() -> None:
    for order in ((True, False), (False, True)):
        cards = [a_card(f"{lines}.py", lines=lines) for lines in order]
        whole, _ = together(cards)
        assert [each.cause for each in whole.exercises] == ["True.py"]


def test_several_files_share_the_time_of_two(tmp_path: Path, sandbox: Sandbox, data: Path) -> None:
    limits = replace(ASSIGNMENT.spec.limits, cell_seconds=2.0)
    assignment = replace(ASSIGNMENT, spec=replace(ASSIGNMENT.spec, limits=limits))
    files = tuple(tmp_path / f"{number}.ipynb" for number in range(8))
    for file in files:
        file.write_bytes(notebook(SETUP, FORWARD, "sum(iter(int, 1))\n" + BACKWARD))
    grader = Grader(assignment, sandbox, data)
    graded = grader.grade(Submission(id="anna", candidates=files, origin="anna"))
    said = [f"it took more than {seconds} s in one cell" for seconds in ("0.5", "1")]
    assert graded.card.reason in said  # CPU time, or twice that of wall time
