from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BACKWARD, BUNDLED, FORWARD, SETUP, notebook

from grader.cli.detect import detect_assignment
from grader.errors import UsageError
from grader.submission import Submission

OTHER = """
name = "other"
title = "Another one"
[inputs.w]
kind = "parameter"
shape = [3]
[[exercises]]
id = "only"
title = "The only one"
targets = ["w", "squares"]
"""


@pytest.fixture
def two_assignments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "assignments"
    (folder / "other").mkdir(parents=True)
    (folder / "other" / "assignment.toml").write_text(OTHER)
    (folder / "other" / "forward.py").write_text("squares = w ** 2\nloss = squares.sum()\n")
    (folder / "broken").mkdir()
    (folder / "broken" / "assignment.toml").write_text("name =")
    monkeypatch.setenv("GRADER_ASSIGNMENTS", str(folder))
    return folder


def handed_in(path: Path, *cells: str) -> list[Submission]:
    path.write_bytes(notebook(*cells))
    return [Submission(id="anna", candidates=(path,), origin=path.name)]


def test_the_assignment_whose_gradients_are_defined_is_chosen(
    two_assignments: Path, tmp_path: Path
) -> None:
    mine = handed_in(tmp_path / "a.ipynb", "dsquares = 1", "dw = 2 * w * dsquares")
    assert detect_assignment(mine) == two_assignments / "other"
    ninja = handed_in(tmp_path / "b.ipynb", BACKWARD)
    assert detect_assignment(ninja).samefile(BUNDLED)


def test_a_students_notebook_is_not_checked_by_an_assignment_that_it_has_nothing_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADER_ASSIGNMENTS", raising=False)
    other = handed_in(tmp_path / "a.ipynb", "squares = w ** 2", "dw = 2 * w")
    with pytest.raises(UsageError, match="none of the submissions"):
        detect_assignment(other, certain=True)
    forward = handed_in(tmp_path / "b.ipynb", FORWARD)
    assert detect_assignment(forward, certain=True).samefile(BUNDLED)


def test_nothing_known_is_a_usage_error_that_names_what_there_is(
    two_assignments: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"--assignment .*backprop_ninja.*other"):
        detect_assignment(handed_in(tmp_path / "a.ipynb", "x = 1"))


def test_another_assignment_is_graded_by_its_own_forward_script(
    two_assignments: Path, tmp_path: Path
) -> None:
    cells = (
        "import torch\nw = torch.tensor([1., 2., 3.], requires_grad=True)",
        "squares = w ** 2\nloss = squares.sum()",
        "dsquares = torch.ones(3)\ndw = w * dsquares",
    )
    handed_in(tmp_path / "anna.ipynb", *cells)
    command = [sys.executable, "-m", "grader", "grade", str(tmp_path / "anna.ipynb")]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "out"), "--assignment", "other"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "1 / 2" in done.stdout


def test_on_a_terminal_there_is_a_progress_bar(tmp_path: Path) -> None:
    handed_in(tmp_path / "anna.ipynb", SETUP, FORWARD, BACKWARD)
    command = [sys.executable, "-m", "grader", "grade", str(tmp_path / "anna.ipynb")]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "out")], stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert process.wait() == 0
    assert b"grading" in shown
    assert b"1/1" in shown
