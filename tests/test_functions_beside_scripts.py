"""Exercises of both kinds in one assignment, and what serves assignments of functions alone."""

from __future__ import annotations

import subprocess
import sys

import pytest
from function_assignments import AFFINE, EXERCISES, RIGHT, assignment, graded

from grader.sandbox import open_sandbox

MIXED = """
[functions]
cases = 2
[inputs.u]
kind = "parameter"
shape = [3, 4]
[[exercises]]
id = "1"
title = "Exercise 1: by hand"
targets = ["h", "u"]
"""
SCRIPT = """
import torch
u = torch.randn(3, 4)
h = torch.tanh(u)
loss = (h * h).sum()
dh = 2 * h
du = (1 - h ** 2) * dh
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def box(data):
    with open_sandbox(data_dirs=[data], engines=(True, False)) as sandbox:
        yield sandbox


@pytest.mark.parametrize("together", [True, False])
def test_both_kinds_are_graded_from_one_file_or_two(tmp_path, data, box, together):
    (tmp_path / "data").symlink_to(data)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "forward.py").write_text("h = u.tanh()\nloss = (h * h).sum()\n")
    work = assignment(
        tmp_path / "work", {"affine_backward": EXERCISES["affine_backward"]}, more=MIXED
    )
    files = {"all.py": SCRIPT + RIGHT} if together else {"a.py": SCRIPT, "b.py": RIGHT}
    card = graded(tmp_path, work, box, files)
    assert [each.score for each in card.exercises] == [2, 3]
    assert not any("several files" in text for text in card.notes)
    assert not card.integrity


def test_bundles_carry_roles_and_stand_ins(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "layers.py").write_text("def affine_backward(dout, cache):\n    pass\n")
    work = assignment(
        tmp_path / "work",
        {"affine_backward": (AFFINE, ["x", "w", "b"])},
        support={"course/helper.py": "a = 1\n"},
    )
    from grader.export.assignment_files import assignment_files

    files = assignment_files(work)
    assert {"exercises/affine_backward.py", "support/course/helper.py", "layers.py"} <= set(files)
    assert "forward.py" not in files


def test_the_pytest_plugin_has_a_test_for_each_gradient(tmp_path):
    (tmp_path / "work").mkdir()
    work = assignment(tmp_path / "work", {"affine_backward": (AFFINE, ["x", "w", "b"])})
    (tmp_path / "ada.py").write_text(RIGHT.replace("dout.sum(axis=0)", "dout.mean(axis=0)"))
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--assignment",
            str(work.folder),
            str(tmp_path / "ada.py"),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert "1 failed" in run.stdout, run.stdout + run.stderr
    assert "2 passed" in run.stdout
