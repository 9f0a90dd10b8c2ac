from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from conftest import BUNDLED, ROOT

from grader.assignment import Assignment, load_assignment
from grader.errors import AssignmentError, UsageError
from grader.export import BundleOptions, File, bundle_named
from grader.export.requirements import TORCH, constraints
from grader.export.wheel import build_wheel, wheel_name


def built(name: str, assignment: Assignment, **options: Any) -> dict[str, File]:
    return bundle_named(name).build(assignment, BundleOptions(**options))


def other(folder: Path, old: str, new: str) -> Assignment:
    """The bundled assignment with a change in its manifest, and a solution in its folder."""
    shutil.copytree(BUNDLED, folder, ignore=shutil.ignore_patterns("examples"))
    manifest = folder / "assignment.toml"
    text = manifest.read_text()
    assert old in text
    manifest.write_text(text.replace(old, new))
    (folder / "solution.ipynb").write_text("{}")
    return load_assignment(folder)


@pytest.mark.parametrize("name", ["classroom50", "github", "gradescope"])
def test_a_bundle_holds_the_assignment_without_solution_or_examples(tmp_path, name: str) -> None:
    files = built(name, other(tmp_path / "a", 'name = "backprop_ninja"', 'name = "mine"'))
    names = list(files)
    if name == "gradescope":
        archive = zipfile.ZipFile(io.BytesIO(files["autograder.zip"].content))
        names += archive.namelist()
    assert sum(each.endswith("assignment/forward.py") for each in names) == 1
    assert sum(each.endswith("assignment/data/names.txt") for each in names) == 1
    assert not [each for each in names if "solution" in each or "examples" in each]
    texts = {name: file.content for name, file in files.items()}
    if name == "gradescope":
        texts |= {each: archive.read(each) for each in archive.namelist()}
    unfilled = {
        each
        for each, content in texts.items()
        if not each.endswith((".zip", ".whl")) and re.search(rb"@[A-Z_]+@", content)
    }
    assert not unfilled


@pytest.mark.parametrize("folder", sorted(ROOT.glob("assignments/*/assignment.toml")), ids=str)
def test_every_bundled_assignment_is_the_same_where_it_is_graded(tmp_path, folder: Path) -> None:
    assignment = load_assignment(folder.parent)
    files = built("classroom50", assignment)
    (place,) = {name.rpartition("assignment.toml")[0] for name in files if ".toml" in name}
    for name, file in files.items():
        if name.startswith(place):
            path = tmp_path / name.removeprefix(place)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
    arrived = load_assignment(tmp_path)
    assert arrived.digest == assignment.digest
    assert [path.relative_to(arrived.folder) for path in arrived.support] == [
        path.relative_to(assignment.folder) for path in assignment.support
    ]
    assert [name for name in files if name.startswith("template/") and "README" not in name]


def test_the_wheel_is_one_that_pip_installs_and_its_record_is_true(tmp_path) -> None:
    path = tmp_path / wheel_name()
    path.write_bytes(build_wheel())
    assert re.fullmatch(r"backprop_grader-[^-]+-py3-none-any\.whl", path.name)
    target = tmp_path / "target"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", target, path], check=True, capture_output=True)
    assert (target / "grader" / "report" / "templates" / "scorecard.html.j2").is_file()
    assert (target / "grader" / "export" / "templates" / "autograder.py").is_file()
    archive = zipfile.ZipFile(path)
    assert not [name for name in archive.namelist() if "__pycache__" in name]
    (record,) = [name for name in archive.namelist() if name.endswith("/RECORD")]
    rows = list(csv.reader(io.StringIO(archive.read(record).decode())))
    assert {row[0] for row in rows} == set(archive.namelist())
    for name, digest, size in rows[:-1]:
        content = archive.read(name)
        hashed = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
        assert (digest, int(size)) == (f"sha256={hashed.decode()}", len(content))


def test_the_same_package_makes_the_same_wheel() -> None:
    assert build_wheel() == build_wheel()


def test_torch_is_pinned_as_the_bundled_results_were_made() -> None:
    assert f"torch=={TORCH}\n" == (ROOT / "constraints.txt").read_text()
    lines = constraints().splitlines()
    assert lines[0] == f"torch=={TORCH}"
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+", line) for line in lines)
    assert {"numpy", "msgspec", "jinja2", "nbformat"} <= {line.partition("==")[0] for line in lines}


def test_a_bundle_too_large_for_classroom50_names_the_file_to_shorten(tmp_path) -> None:
    import random

    assignment = other(tmp_path / "a", 'name = "backprop_ninja"', 'name = "mine"')
    big = tmp_path / "names.txt"
    big.write_bytes(random.Random(0).randbytes(11 << 20))
    with pytest.raises(UsageError, match=r"Classroom 50 takes 10 MB: shorten assignment/data/nam"):
        built("classroom50", msgspec.structs.replace(assignment, data=(big,)))


def workflow_of(files: dict[str, File]) -> dict[str, Any]:
    loaded = yaml.safe_load(files["course/.github/workflows/grade-backprop_ninja.yml"].content)
    assert isinstance(loaded, dict)
    return loaded


def test_the_caller_asks_for_the_workflow_of_the_course_and_nothing_else(assignment) -> None:
    files = built("github", assignment, course="my-org/my.course")
    caller = yaml.safe_load(files["template/.github/workflows/grade.yml"].content)
    wanted = "my-org/my.course/.github/workflows/grade-backprop_ninja.yml@main"
    assert caller["jobs"] == {"grade": {"uses": wanted}}
    assert caller["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in str(caller)
    assert workflow_of(files)[True] == {"workflow_call": None}  # YAML reads `on` as true


def test_the_workflow_takes_grader_and_assignment_from_the_course_only(assignment) -> None:
    files = built("github", assignment, course="org/course")
    workflow = workflow_of(files)
    assert workflow["permissions"] == {"contents": "read"}
    steps = workflow["jobs"]["grade"]["steps"]
    checkouts = [step["with"] for step in steps if "checkout" in step.get("uses", "")]
    assert [each.get("repository") for each in checkouts] == [None, "org/course"]
    assert all(each["persist-credentials"] is False for each in checkouts)
    for step in steps:
        if "run" in step:
            for line in step["run"].splitlines():
                assert "${{" not in line, "an expression in a script is code of whoever fills it"
                starts = (
                    "python -I -m ",
                    "~/.grader/bin/python -I -m ",
                    "  --checkout ",
                    "sudo sysctl ",
                )
                assert line.startswith(starts), "nothing of the student's is run or imported"
                if "python" in line:
                    assert step["working-directory"] == "course/grading/backprop_ninja"
    here = "course/grading/backprop_ninja/"
    script = "\n".join(step.get("run", "") for step in steps)
    assert f"torch=={TORCH} --index-url https://download.pytorch.org/whl/cpu" in script
    assert wheel_name() in script
    assert {f"{here}{wheel_name()}", f"{here}constraints.txt", f"{here}assignment/forward.py"} <= (
        set(files)
    )


def test_the_reporter_gets_a_runner_for_each_exercise(assignment) -> None:
    reporter = workflow_of(built("github", assignment))["jobs"]["grade"]["steps"][-1]
    assert reporter["uses"] == "classroom-resources/autograding-grading-reporter@v1"
    runners = reporter["with"]["runners"].split(",")
    assert runners == [exercise.id for exercise in assignment.spec.exercises]
    assert reporter["env"] == {
        f"{name.upper()}_RESULTS": f"${{{{ steps.grade.outputs.{name} }}}}" for name in runners
    }


@pytest.mark.parametrize("name", ["classroom50", "github"])
def test_students_work_in_the_image_that_grades_them(assignment, name: str) -> None:
    place = "template/.devcontainer/devcontainer.json"
    assert place not in built(name, assignment)
    files = built(name, assignment, image="ghcr.io/org/grader:1")
    assert json.loads(files[place].content)["image"] == "ghcr.io/org/grader:1"


@pytest.mark.parametrize("course", ["org", "org/a b", "org/x@main\n", "org/x}}${{ secrets }}"])
def test_a_course_that_is_no_repository_is_refused(assignment, course: str) -> None:
    with pytest.raises(UsageError, match="--course"):
        built("github", assignment, course=course)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "backprop_ninja"', 'name = "a b"', "cannot name a workflow"),
        ('id = "exercise-2"', 'id = "exercise 1"', "two ids become"),
        ('starter = "starter.ipynb"', 'starter = "none.ipynb"', "there is no starter"),
    ],
)
def test_an_assignment_that_makes_no_workflow_is_refused(tmp_path, old, new, said) -> None:
    with pytest.raises(AssignmentError, match=said):
        built("github", other(tmp_path / "a", old, new))


def test_a_file_outside_of_the_assignment_is_not_shipped(tmp_path) -> None:
    (tmp_path / "names.txt").write_text("emma\n")
    assignment = other(tmp_path / "a", '"data/names.txt"', '"../names.txt"')
    with pytest.raises(AssignmentError, match=r"\.\./names.txt is outside"):
        built("classroom50", assignment)


def test_gradescopes_zip_has_its_scripts_at_the_root_and_they_can_be_run(assignment) -> None:
    files = built("gradescope", assignment)
    archive = zipfile.ZipFile(io.BytesIO(files["autograder.zip"].content))
    for name in ("setup.sh", "run_autograder"):
        assert archive.getinfo(name).external_attr >> 16 & stat.S_IXUSR
        assert archive.read(name).startswith(b"#!/usr/bin/env bash\n")
        subprocess.run(["bash", "-n"], input=archive.read(name), check=True)
    assert b"points to 43." in files["README.md"].content


def test_how_gradescope_shows_results_is_part_of_the_assignment(tmp_path, assignment) -> None:
    changed = other(
        tmp_path / "a", "[limits]", '[gradescope]\nvisibility = "after_due_date"\n\n[limits]'
    )
    assert changed.spec.gradescope.visibility == "after_due_date"
    assert changed.digest == assignment.digest, "no mark depends on it"
    with pytest.raises(AssignmentError, match=r"gradescope: .*visibilty.*did you mean"):
        other(tmp_path / "b", "[limits]", '[gradescope]\nvisibilty = "x"\n\n[limits]')
