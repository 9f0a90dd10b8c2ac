"""The workflow's step that grades, run as the workflow does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import consumers
import pytest
import yaml
from conftest import BUNDLED
from test_hosted_classroom50 import SUBMISSIONS, fill_with_traps

from grader.assignment import load_assignment
from grader.export import BundleOptions, bundle_named, write_files


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`course` and `student` beside each other, as the workflow's checkouts leave them."""
    folder = tmp_path_factory.mktemp("workspace")
    files = bundle_named("github").build(load_assignment(BUNDLED), BundleOptions())
    write_files(folder / "export", files)
    (folder / "export" / "course").rename(folder / "course")
    student = folder / "student"
    student.mkdir()
    name = os.fsdecode(b"wo\nrk \xff,::error::pwned.ipynb")
    (student / name).write_bytes(SUBMISSIONS["hostile"].replace(b"dh = ", b"dh = -"))
    fill_with_traps(student)
    return folder


@pytest.fixture(scope="module")
def step(workspace: Path) -> subprocess.CompletedProcess[str]:
    return run(workspace, workspace / "temporary")


def with_grader_in(folder: Path) -> dict[str, str]:
    """A home folder in which the packages stand where the workflow's earlier steps put them."""
    python = folder / "home" / ".grader" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return {"HOME": str(folder / "home")}


def run(
    workspace: Path, temporary: Path, course: str = "course"
) -> subprocess.CompletedProcess[str]:
    """The script of the step `grade`, word for word."""
    workflow = next((workspace / "course" / ".github" / "workflows").iterdir())
    steps = yaml.safe_load(workflow.read_text())["jobs"]["grade"]["steps"]
    (grade,) = [step for step in steps if step.get("id") == "grade"]
    temporary.mkdir()
    environment = {
        **os.environ,
        **with_grader_in(temporary),
        "GITHUB_WORKSPACE": str(workspace),
        "GITHUB_REPOSITORY": "org/backprop-octocat",
        "RUNNER_TEMP": str(temporary),
        "GITHUB_OUTPUT": str(temporary / "outputs"),
        "GITHUB_STEP_SUMMARY": str(temporary / "summary.md"),
    }
    return subprocess.run(
        ["bash", "-e", "-c", grade["run"]],
        cwd=workspace / grade["working-directory"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_the_step_grades_and_the_only_commands_are_our_annotations(step) -> None:
    assert step.returncode == 0, step.stdout + step.stderr
    (line,) = consumers.commands_in(step.stdout + step.stderr)
    head, _, message = line.removeprefix("::warning ").partition("::")
    file, number, title = head.split(",")
    assert file == "file=wo%0Ark \\udcff%2C%3A%3Aerror%3A%3Apwned.ipynb"
    assert number.removeprefix("line=").isdecimal()
    assert title == "title=dh%3A Wrong value"
    assert message.startswith("Every element of `dh` has the opposite sign.")
    assert "25 / 43 points" in step.stdout


def test_summary_and_scorecard_are_kept(workspace: Path, step) -> None:
    temporary = workspace / "temporary"
    summary = (temporary / "summary.md").read_text()
    assert summary.startswith("### 25 / 43 points")
    assert "<script" not in summary
    page = temporary / "report" / "backprop-octocat" / "scorecard.html"
    assert page.read_text().startswith("<!doctype html>")


def test_the_outputs_are_what_the_reporter_reads(workspace: Path, step) -> None:
    outputs = consumers.outputs_of(workspace / "temporary" / "outputs")
    assert (outputs.pop("score"), outputs.pop("max-score")) == ("25", "43")
    variables = {f"{name.upper()}_RESULTS": text for name, text in outputs.items()}
    assert consumers.reporter_totals(variables) == (25.0, 25.0, 43.0)


def test_a_failure_of_the_machine_ends_the_step_and_sets_nothing(workspace: Path, tmp_path) -> None:
    forward = next((workspace / "course" / "grading").rglob("forward.py"))
    kept = forward.read_text()
    forward.unlink()
    try:
        done = run(workspace, tmp_path / "temporary")
    finally:
        forward.write_text(kept)
    assert done.returncode == 1
    (line,) = consumers.commands_in(done.stdout)
    assert line.startswith("::error::")
    assert "forward.py" in line
    assert not (tmp_path / "temporary" / "outputs").exists()
