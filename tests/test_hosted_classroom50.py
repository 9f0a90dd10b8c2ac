"""The bundle for Classroom 50, run as its runner does: the checkout as working folder, its
variables, a process of its own. And what its reporter would make of the same submissions.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import consumers
import pytest
from conftest import BACKWARD, BUNDLED, FORWARD, SETUP, SOLUTION, notebook

from grader.assignment import Assignment
from grader.export import BundleOptions, bundle_named, write_files
from grader.hosted import classroom50

HALF = "\n".join(BACKWARD.strip().splitlines()[:12])
SPEAKS = """
print("::error::pwned\\n::set-output name=score::100\\n##[error]pwned")
import os, sys
for stream in (1, 2):
    os.write(stream, b"::error::pwned\\n::stop-commands::x\\n")
for path in ("result.json", "../result.json", os.environ.get("GITHUB_OUTPUT", "x")):
    try:
        open(path, "a").write('{"score": 100}')
    except OSError:
        pass
"""
RAISES = 'raise RuntimeError("\\n::error::pwned\\n##[error]pwned </details><script>")'
SUBMISSIONS = {
    "right": SOLUTION.read_bytes(),
    "half": notebook(SETUP, FORWARD, HALF),
    "broken": b"%PDF-1.7 not a notebook",
    "hostile": notebook(SETUP, FORWARD, BACKWARD + SPEAKS, RAISES),
}
IDENTITY = {
    "CLASSROOM": "cs",
    "ASSIGNMENT": "backprop",
    "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
    "USERNAME": "octocat",
    "OWNER": "octocat",
    "ASSIGNMENT_TYPE": "individual",
    "COMMIT_URL": "https://github.example/o/r/commit/a1b2c3d",
    "RELEASE_URL": "https://github.example/o/r/releases/tag/x",
    "REVIEW_URL": "https://github.example/o/r/compare/a...b",
    "PAGES_BASE_URL": "https://o.github.example/classroom50",
    "GITHUB_ACTOR": "octocat",
    "GITHUB_ACTOR_ID": "583231",
    "GITHUB_TOKEN": "ghs_secret",
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runner unpacks it."""
    from grader.assignment import load_assignment

    folder = tmp_path_factory.mktemp("runtime") / "backprop"
    files = bundle_named("classroom50").build(load_assignment(BUNDLED), BundleOptions())
    write_files(folder, files)
    return folder


class Run:
    """One run of the bundle in a checkout."""

    def __init__(self, bundle: Path, checkout: Path, **changed: str) -> None:
        self.checkout = checkout
        self.outputs = checkout.parent / f"{checkout.name}-outputs"
        temporary = checkout.parent / f"{checkout.name}-temporary"
        temporary.mkdir()
        environment = {**os.environ, **IDENTITY, "GITHUB_OUTPUT": str(self.outputs), **changed}
        environment["RUNNER_TEMP"] = str(temporary)
        self.done = subprocess.run(
            [sys.executable, str(bundle / "autograder.py")],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        self.left = list(temporary.iterdir())

    @property
    def said(self) -> str:
        return self.done.stdout + self.done.stderr

    @property
    def result(self) -> dict[str, Any]:
        document = json.loads((self.checkout / "result.json").read_text())
        assert isinstance(document, dict)
        return document


def fill_with_traps(checkout: Path) -> None:
    """All that a student may put beside the notebook."""
    for module in ("json", "torch", "grader", "pip", "typing", "sitecustomize", "msgspec"):
        (checkout / f"{module}.py").write_text("raise SystemExit('imported from the checkout')\n")
    (checkout / "conftest.py").write_text("dlogprobs = dprobs = dcounts = dlogits = 1\n" * 3)
    workflows = checkout / ".github" / "workflows"
    workflows.mkdir(parents=True)
    (workflows / "grade.py").write_text("dlogprobs = 1\n")
    away = checkout.parent / "away"
    away.mkdir()
    (away / "precious").write_text("untouched")
    (checkout / "result.json").symlink_to(away / "precious")
    (checkout / "release-body.md").symlink_to(away / "precious")
    (checkout / "classroom50-release-assets").symlink_to(away)


@pytest.fixture(scope="module")
def runs(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    made = {}
    for kind, content in SUBMISSIONS.items():
        checkout = tmp_path_factory.mktemp(kind) / "checkout"
        checkout.mkdir()
        name = "wo\nrk ::error::pwned.ipynb" if kind == "hostile" else "work.ipynb"
        (checkout / name).write_bytes(content)
        shutil.copy(BUNDLED / "starter.ipynb", checkout)
        if kind == "hostile":
            fill_with_traps(checkout)
        made[kind] = Run(bundle, checkout)
    return made


@pytest.mark.parametrize("kind", SUBMISSIONS)
def test_the_result_is_valid_and_its_tests_add_up(runs: dict[str, Run], kind: str) -> None:
    run = runs[kind]
    assert run.done.returncode == 0, run.said
    consumers.check_classroom50(run.result)
    for key, variable in (
        ("classroom", "CLASSROOM"),
        ("assignment", "ASSIGNMENT"),
        ("owner", "OWNER"),
        ("submission", "SUBMISSION_TAG"),
        ("commit", "COMMIT_URL"),
        ("release", "RELEASE_URL"),
        ("review", "REVIEW_URL"),
    ):
        assert run.result[key] == IDENTITY[variable]
    assert run.result["submitted_by"] == {"username": "octocat", "id": 583231}
    assert run.result["max-score"] == 43


def test_the_points_are_the_submissions(runs: dict[str, Run]) -> None:
    passed = {
        kind: [test["test-name"] for test in run.result["tests"] if test["passed"]]
        for kind, run in runs.items()
    }
    assert runs["right"].result["score"] == 43
    assert len(passed["half"]) == runs["half"].result["score"] == 9
    assert runs["broken"].result["score"] == 0
    assert "is a PDF" in (runs["broken"].checkout / "release-body.md").read_text()
    assert runs["hostile"].result["score"] == 26, "it answered exercise 1, and the rest is noise"


@pytest.mark.parametrize("kind", SUBMISSIONS)
def test_the_log_is_short_and_obeys_no_student(runs: dict[str, Run], kind: str) -> None:
    said = runs[kind].said
    assert len(said) < 2000
    assert consumers.commands_in(said) == []
    assert "ghs_secret" not in said
    assert "imported from the checkout" not in said


@pytest.mark.parametrize("kind", SUBMISSIONS)
def test_status_and_summary_are_all_that_is_set(runs: dict[str, Run], kind: str) -> None:
    outputs = consumers.outputs_of(runs[kind].outputs)
    assert set(outputs) == {"status", "summary"}
    assert outputs["status"] == ("success" if kind == "right" else "failure")
    assert " / 43 points" in outputs["summary"]
    assert len(outputs["summary"]) <= 140, "GitHub cuts the description of a status"


@pytest.mark.parametrize("kind", SUBMISSIONS)
def test_the_scorecard_and_the_text_of_the_release_are_there(
    runs: dict[str, Run], kind: str
) -> None:
    checkout = runs[kind].checkout
    page = (checkout / "classroom50-release-assets" / "scorecard.html").read_text()
    assert page.startswith("<!doctype html>")
    body = (checkout / "release-body.md").read_text()
    assert body.count("| :-: |") == 4, "a table for each exercise"
    assert runs[kind].left == [], "nothing stays behind in the runner's temporary folder"


def test_nothing_is_written_through_a_link_of_the_students(runs: dict[str, Run]) -> None:
    away = runs["hostile"].checkout.parent / "away"
    assert [path.name for path in away.iterdir()] == ["precious"]
    assert (away / "precious").read_text() == "untouched"
    assert not (runs["hostile"].checkout / "result.json").is_symlink()


def test_a_bundle_without_its_wheel_is_no_zero(bundle: Path, tmp_path: Path) -> None:
    copy, checkout = tmp_path / "bundle", tmp_path / "checkout"
    checkout.mkdir()
    shutil.copytree(bundle, copy)
    next(copy.glob("*.whl")).unlink()
    run = Run(copy, checkout)
    assert run.done.returncode == 1
    assert "there is no backprop_grader-*.whl" in run.done.stderr
    assert list(checkout.iterdir()) == []
    assert not run.outputs.exists()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout as this process's own working folder."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        ("elsewhere", {}, "assignment.toml: cannot be read"),
        ("backprop", {"SUBMISSION_TAG": "v1"}, "SUBMISSION_TAG must begin with submit/"),
        ("backprop", {"CLASSROOM": "", "COMMIT_URL": ""}, "CLASSROOM, COMMIT_URL must be set"),
    ],
)
def test_a_failure_of_the_machine_is_no_zero(
    bundle: Path, checkout: Path, capsys, name: str, changed: dict[str, str], said: str
) -> None:
    (checkout / "result.json").write_text('{"score": 43}')
    outputs = checkout.parent / "outputs"
    environment = {**IDENTITY, **changed, "GITHUB_OUTPUT": str(outputs)}
    assert classroom50.main(bundle.parent / name, environment) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert list(checkout.iterdir()) == [], "not even the result that the student handed in"
    assert not outputs.exists()


def test_what_the_sandbox_could_not_do_is_no_zero(
    bundle: Path, checkout: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "work.ipynb").write_bytes(SUBMISSIONS["half"])
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    assert classroom50.main(bundle, IDENTITY) == 1
    assert "grader: not graded: " in capsys.readouterr().err
    assert [path.name for path in checkout.iterdir()] == ["work.ipynb"]


def test_nothing_handed_in_is_a_zero_that_says_so(bundle: Path, checkout: Path, capsys) -> None:
    (checkout / "README.md").write_text("hello")
    (checkout / "classroom50-release-assets").write_text("a file in the way")
    assert classroom50.main(bundle, IDENTITY) == 0
    document = json.loads((checkout / "result.json").read_text())
    consumers.check_classroom50(document)
    assert (document["score"], document["max-score"]) == (0, 43)
    body = (checkout / "release-body.md").read_text()
    assert "no notebook (.ipynb) or module (.py) was handed in" in body
    assert (checkout / "classroom50-release-assets" / "scorecard.html").is_file()


def test_a_folder_in_the_place_of_a_result_is_named(bundle: Path, checkout: Path, capsys) -> None:
    (checkout / "release-body.md").mkdir()
    assert classroom50.main(bundle, IDENTITY) == 1
    assert "release-body.md" in capsys.readouterr().err


def test_a_text_too_long_for_a_release_says_where_the_rest_is(
    bundle: Path, checkout: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classroom50, "MAX_BODY", 100)
    assert classroom50.main(bundle, IDENTITY) == 0
    assert "attached as scorecard.html" in (checkout / "release-body.md").read_text()


def test_the_legacy_reporter_shows_one_total_for_the_same_submissions(
    grade, assignment: Assignment
) -> None:
    from grader.export import legacy

    for kind, content in SUBMISSIONS.items():
        card = grade(content=content)
        variables = legacy.variables(card)
        assert list(variables) == [f"{e.id.upper()}_RESULTS" for e in assignment.spec.exercises]
        table, notice, maximum = consumers.reporter_totals(variables)
        assert table == pytest.approx(notice), kind
        assert notice == pytest.approx(card.score), kind
        assert maximum == 43
