from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import grader
from grader.cli.main import cli
from grader.errors import UsageError
from grader.student.starting import start

BUNDLED = Path(__file__).parents[1] / "assignments"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_starter_and_data_are_laid_into_the_current_folder() -> None:
    found = CliRunner().invoke(cli, ["start", "backprop_ninja"])
    assert found.output == "wrote backprop_ninja.ipynb\nwrote names.txt\n"
    starter = BUNDLED / "backprop_ninja" / "starter.ipynb"
    assert Path("backprop_ninja.ipynb").read_bytes() == starter.read_bytes()


def test_modules_are_laid_out_as_the_course_has_them() -> None:
    written = start("eecs498_layers", "hw")
    assert Path("hw/fully_connected_networks.py") in written
    assert all(path.is_file() for path in written)


def test_work_that_is_there_is_never_written_over() -> None:
    Path("backprop_ninja.ipynb").write_text("mine")
    with pytest.raises(UsageError, match="may hold your work"):
        start("backprop_ninja")
    assert Path("backprop_ninja.ipynb").read_text() == "mine"
    assert not Path("names.txt").exists()


def test_data_that_are_there_stay() -> None:
    Path("names.txt").write_text("anna\n")
    assert start("backprop_ninja") == [Path("backprop_ninja.ipynb")]
    assert Path("names.txt").read_text() == "anna\n"


def test_in_a_notebook_what_goes_wrong_is_said_and_not_raised(
    capsys: pytest.CaptureFixture[str],
) -> None:
    grader.start("backprop_ninj")
    assert "not started: assignment 'backprop_ninj' was not found" in capsys.readouterr().out
    grader.start("backprop_ninja", "here")
    assert capsys.readouterr().out == "wrote here/backprop_ninja.ipynb\nwrote here/names.txt\n"
