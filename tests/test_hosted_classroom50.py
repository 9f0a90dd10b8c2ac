"""The bundle for Classroom 50, run as its runner does: the checkout as working folder, its
variables, a process of its own. And what its reporter would make of the same submissions.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import consumers
import pytest
from classroom50_runner import MAX_DESCRIPTION, SLUG, Run, left_out
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
    "COMMIT_URL": "https://github.example/o/r/commit/a1b2c3d",
    "RELEASE_URL": "https://github.example/o/r/releases/tag/x",
}

NO_PACKAGES = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
"""A machine that reaches no index of packages, and has none lying about."""


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from grader.assignment import load_assignment

    folder = tmp_path_factory.mktemp("export") / "out"
    files = bundle_named("classroom50").build(load_assignment(BUNDLED), BundleOptions())
    write_files(folder, files)
    return folder


@pytest.fixture(scope="module")
def bundle(export: Path) -> Path:
    """Where the runner unpacks it."""
    return export / "autograders" / "backprop-ninja"


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
def runs(bundle: Path, export: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Each in a checkout as a student's is: the template, and their own work."""
    made = {}
    for kind, content in SUBMISSIONS.items():
        checkout = tmp_path_factory.mktemp(kind) / "checkout"
        shutil.copytree(export / "template", checkout)
        name = "wo\nrk ::error::pwned.ipynb" if kind == "hostile" else "work.ipynb"
        (checkout / name).write_bytes(content)
        if kind == "hostile":
            fill_with_traps(checkout)
        made[kind] = Run(bundle, checkout)
    return made


@pytest.mark.parametrize("kind", SUBMISSIONS)
def test_the_result_is_valid_and_its_tests_add_up(runs: dict[str, Run], kind: str) -> None:
    run = runs[kind]
    assert run.done.returncode == 0, run.said
    consumers.check_classroom50(run.result)
    assert run.complaint is None
    written = json.loads((run.checkout / "result.json").read_text())
    assert written["owner"] == "octocat"
    assert written["submitted_by"] == {"username": "octocat", "id": 583231}
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
def test_the_commit_shows_our_status_and_summary(runs: dict[str, Run], kind: str) -> None:
    run = runs[kind]
    status, summary = run.shown
    assert status == ("success" if kind == "right" else "failure")
    assert " / 43 points" in summary
    assert len(summary) <= MAX_DESCRIPTION
    lines = run.outputs.read_text().splitlines()
    assert [line.partition("=")[0] for line in lines] == ["status", "summary"], "and nothing else"


@pytest.mark.parametrize("kind", SUBMISSIONS)
def test_the_scorecard_and_the_text_of_the_release_are_there(
    runs: dict[str, Run], export: Path, kind: str
) -> None:
    checkout = runs[kind].checkout
    entry = json.loads((export / "assignment.json").read_text())
    (page,) = [path.read_text() for path in runs[kind].assets(entry["release_assets"])]
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
    copy, checkout = tmp_path / "bundle-1", tmp_path / "checkout"
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
        ("backprop-ninja", {"SUBMISSION_TAG": "v1"}, "SUBMISSION_TAG must begin with submit/"),
        (
            "backprop-ninja",
            {"CLASSROOM": "", "COMMIT_URL": ""},
            "CLASSROOM, COMMIT_URL must be set",
        ),
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


@pytest.mark.parametrize("kept", [None, "tools"])
def test_packages_that_cannot_be_installed_are_no_zero(bundle: Path, tmp_path, kept) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "work.ipynb").write_bytes(SUBMISSIONS["right"])
    base = getattr(sys, "_base_executable", sys.executable)  # without our packages
    tools = str(tmp_path / kept) if kept else ""
    run = Run(bundle, checkout, python=base, RUNNER_TOOL_CACHE=tools, **NO_PACKAGES)
    assert run.done.returncode == 1, run.said
    assert "its packages could not be installed: " in run.done.stderr
    assert "torch==" in run.done.stderr
    assert run.shown[0] == "error"
    assert [path.name for path in checkout.iterdir()] == ["work.ipynb"]
    assert not kept or list((tmp_path / kept).rglob("bin/python")) == [], "no half an installation"


def test_what_one_submission_installed_serves_the_next(bundle: Path, tmp_path) -> None:
    """Of a self-hosted runner: a Python with the packages stands where the first left it."""
    tools, checkout = tmp_path / "tools", tmp_path / "checkout"
    checkout.mkdir()
    base = getattr(sys, "_base_executable", sys.executable)
    failed = Run(bundle, checkout, python=base, RUNNER_TOOL_CACHE=str(tools), **NO_PACKAGES)
    assert failed.done.returncode == 1
    (place,) = (tools / "backprop-grader").parent.iterdir()
    script = f"import runpy; print(runpy.run_path({str(bundle / 'autograder.py')!r})['tools']())"
    asked = subprocess.run(
        [base, "-I", "-c", script],
        env={**os.environ, "RUNNER_TOOL_CACHE": str(tools)},
        capture_output=True,
        text=True,
        check=True,
    )
    key = asked.stdout.strip()
    assert Path(key).parent == place
    kept = Path(key) / "bin" / "python"
    kept.parent.mkdir(parents=True)
    kept.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    kept.chmod(0o755)
    again = tmp_path / "again"
    again.mkdir()
    (again / "work.ipynb").write_bytes(SUBMISSIONS["half"])
    run = Run(bundle, again, python=base, RUNNER_TOOL_CACHE=str(tools), **NO_PACKAGES)
    assert run.done.returncode == 0, run.said
    assert run.result["score"] == 9


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["starter.ipynb"], "starter.ipynb is as given out"),
        (["forward.py"], "forward.py is as given out"),
        (["forward.py", "starter.ipynb"], "starter.ipynb, forward.py are as given out"),
    ],
)
def test_only_what_was_given_is_a_zero_that_says_so(
    bundle: Path, checkout: Path, capsys, given: list[str], said: str
) -> None:
    for name in given:
        shutil.copy(BUNDLED / name, checkout)
    shutil.copytree(BUNDLED / "data", checkout / "data")
    assert classroom50.main(bundle, IDENTITY) == 0
    document = json.loads((checkout / "result.json").read_text())
    assert document["score"] == 0
    body = (checkout / "release-body.md").read_text()
    assert said in body.replace("\\", "")
    assert "into starter.ipynb, save, and hand in again" in body


def test_a_grouped_assignment_is_its_groups(bundle: Path, tmp_path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for kind in ("group", "team"):
        run = Run(bundle, _fresh(tmp_path / kind), kind=kind)
        assert run.done.returncode == 0, run.said
        assert json.loads((run.checkout / "result.json").read_text())["assignment_type"] == kind


def _fresh(checkout: Path) -> Path:
    checkout.mkdir()
    return checkout


def test_the_template_starts_a_student_and_leaves_the_services_files_to_it(
    export: Path, tmp_path
) -> None:
    template = export / "template"
    names = {path.relative_to(template).as_posix() for path in template.rglob("*")}
    assert {"starter.ipynb", "data/names.txt", "README.md"} <= names
    # The commit that adds .classroom50.yaml is where a student's work begins.
    assert not names & {".classroom50.yaml", ".github", ".github/workflows/autograde.yaml"}
    entry = json.loads((export / "assignment.json").read_text())
    assert SLUG.fullmatch(entry["slug"])
    assert entry["slug"] in {path.name for path in (export / "autograders").iterdir()}
    readme = (export / "README.md").read_text()
    assert f"CLASSROOM/autograders/{entry['slug']}/" in readme
    (patterns,) = re.findall(r'\["\*".*?\]', readme)
    gone = left_out([*names, "my.ipynb", "essay.pdf"], json.loads(patterns), tmp_path)
    assert not gone & {"starter.ipynb", "data/names.txt", "my.ipynb"}
    assert "essay.pdf" in gone


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("backprop_ninja", "backprop-ninja"),
        ("CS231n.Layers", "cs231n-layers"),
        ("x", "hw-x"),
        ("a" * 60, "a" * 39),
        ("ä__", "hw"),
        ("a" * 38 + "_b", "a" * 38),
    ],
)
def test_a_slug_is_what_the_service_takes(name: str, slug: str) -> None:
    from grader.export.classroom50_bundle import slug as slug_of

    assert slug_of(name) == slug
    assert SLUG.fullmatch(slug)


def test_an_image_takes_the_place_of_an_installation(assignment: Assignment) -> None:
    options = BundleOptions(image="ghcr.io/org/grader@sha256:0123")
    entry = json.loads(
        bundle_named("classroom50").build(assignment, options)["assignment.json"].content
    )
    assert entry["runtime"] == {
        "container": {"image": "ghcr.io/org/grader@sha256:0123", "user": "root"}
    }, "and no apt, which the service forbids beside it"


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
