"""Courses of nbgrader and otter taken over, graded, and written back.

The tests with the real packages need a Python that has both: GRADER_PEERS=/path/to/its/bin.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sqlite3
import subprocess
import zipfile
from pathlib import Path

import pytest
import report_cards as cards
from click.testing import CliRunner, Result
from conftest import BACKWARD, FORWARD, ROOT, SETUP, SOLUTION, notebook

from grader.cli.main import cli
from grader.errors import UsageError
from grader.export.nbgrader import HEADER
from grader.importing import read_otter
from grader.report import Reports

PEERS = os.environ.get("GRADER_PEERS")
real = pytest.mark.skipif(PEERS is None, reason="GRADER_PEERS names no nbgrader and otter")
HALF = notebook(SETUP, FORWARD, "\n".join(BACKWARD.strip().splitlines()[:12]))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)))


def names_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """As nbgrader leaves one: two assignments, a database, somebody who handed nothing in."""
    folder = tmp_path / "course"
    hand_in(folder)
    other = folder / "submitted" / "ada" / "hw2"
    other.mkdir()
    (other / "x.ipynb").write_text("{}")
    (folder / "release" / "hw1").mkdir(parents=True)
    (folder / "release" / "hw1" / "problem.ipynb").write_bytes(notebook("x = 1"))
    with sqlite3.connect(folder / "gradebook.db") as book:
        book.execute("CREATE TABLE student (id, first_name, last_name, email, lms_user_id)")
        rows = [("ada", "Ada", "Doe", "ada@example.edu"), ("cem", "Cem", "=1+1", None)]
        book.executemany("INSERT INTO student VALUES (?, ?, ?, ?, NULL)", rows)
    return folder


def hand_in(course: Path) -> None:
    for student, content in (("ada", SOLUTION.read_bytes()), ("bob", HALF)):
        folder = course / "submitted" / student / "hw1"
        folder.mkdir(parents=True)
        (folder / "problem.ipynb").write_bytes(content)
        (folder / "timestamp.txt").write_text("2026-10-02 09:30:00.000000 UTC\n")
        (folder / ".ipynb_checkpoints").mkdir()
        (folder / ".ipynb_checkpoints" / "problem-checkpoint.ipynb").write_text("{}")


def test_an_nbgrader_course_is_taken_over_as_it_lies(course: Path, tmp_path: Path) -> None:
    out = tmp_path / "taken"
    before = {path: path.stat().st_mtime_ns for path in course.rglob("*")}
    done = run("import", "nbgrader", course, "--name", "hw1", "--out", out)
    assert done.exit_code == 0, done.output
    assert names_in(out) == {
        "class.csv",
        "released/problem.ipynb",
        *(f"submitted/{who}/hw1/{f}" for who in ("ada", "bob") for f in ("problem.ipynb", "timestamp.txt")),
    }  # fmt: skip
    rows = list(csv.DictReader(io.StringIO((out / "class.csv").read_text())))
    assert [row["id"] for row in rows] == ["ada", "cem", "bob"]
    assert rows[0] == {"id": "ada", "name": "Ada Doe", "email": "ada@example.edu"}
    assert not rows[1]["name"].startswith("="), "no cell is a formula"
    assert before == {path: path.stat().st_mtime_ns for path in course.rglob("*")}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "(there: hw1, hw2)"), (["--name", "hw3"], "name one of its assignments with --name")],
)
def test_an_assignment_that_is_not_clear_is_asked_for(course, tmp_path, arguments, said) -> None:
    error = run("import", "nbgrader", course, "--out", tmp_path / "x", *arguments).exception
    assert isinstance(error, UsageError)
    assert said in str(error)
    assert not (tmp_path / "x").exists()


def test_a_folder_of_another_kind_is_refused(tmp_path: Path) -> None:
    for kind, said in (("nbgrader", "there is no submitted/"), ("otter", "there are no submiss")):
        error = run("import", kind, tmp_path, "--out", tmp_path / "x").exception
        assert said in str(error)


def test_a_database_that_is_none_is_named(course: Path, tmp_path: Path) -> None:
    (course / "gradebook.db").write_text("hello")
    error = run("import", "nbgrader", course, "--name", "hw1", "--out", tmp_path / "x").exception
    assert "cannot be read as nbgrader's gradebook" in str(error)


def test_the_table_has_nbgraders_columns_and_our_points(tmp_path: Path) -> None:
    for card in (cards.right("ada"), cards.mixed(), cards.ungraded()):
        Reports(tmp_path / "r").write_scorecard(card)
    done = run("grades", tmp_path / "r", "--format", "nbgrader", "--column", "hw1")
    rows = list(csv.DictReader(io.StringIO(done.output)))
    assert list(rows[0]) == HEADER
    by_id = {row["student_id"]: row for row in rows}
    assert by_id["ada"]["score"] == by_id["ada"]["max_score"]
    assert cards.ungraded().id not in by_id, "never a zero for what the machine failed to do"
    assert {row["assignment"] for row in rows} == {"hw1"}


def test_without_nbgrader_its_database_is_not_touched(tmp_path: Path) -> None:
    Reports(tmp_path / "r").write_scorecard(cards.right("ada"))
    book = tmp_path / "gradebook.db"
    error = run("grades", tmp_path / "r", "--format", "nbgrader", "--out", book).exception
    assert isinstance(error, UsageError)
    assert not book.exists()


def test_an_otter_assignment_is_taken_over(tmp_path: Path) -> None:
    folder = tmp_path / "hw1"
    (folder / "dist" / "student").mkdir(parents=True)
    (folder / "dist" / "student" / "hw1.ipynb").write_bytes(notebook("x = 1"))
    submitted = folder / "submissions"
    submitted.mkdir()
    (submitted / "ada.ipynb").write_bytes(SOLUTION.read_bytes())
    with zipfile.ZipFile(submitted / "bob.zip", "w") as archive:
        archive.writestr("hw1.ipynb", HALF)
    (submitted / "grades.log").write_text("no submission")
    out = tmp_path / "taken"
    assert run("import", "otter", folder, "--out", out).exit_code == 0
    assert names_in(out) == {
        "class.csv", "released/hw1.ipynb", "submitted/ada.ipynb", "submitted/bob.zip",
    }  # fmt: skip
    assert graded(out, tmp_path / "reports") == {"ada": 43, "bob": 9}


def graded(taken: Path, reports: Path) -> dict[str, float]:
    """Points of those who handed in, by the command that `grader import` names."""
    done = run(
        "grade", taken / "submitted", "--roster", taken / "class.csv",
        "--assignment", "backprop_ninja", "--out", reports,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = [json.loads(path.read_text()) for path in reports.glob("*/scorecard.json")]
    return {card["id"]: card["score"] for card in found}


def peer(*command: str, cwd: Path) -> str:
    """A command of the peers' own Python."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{PEERS}:{os.environ['PATH']}"}
    done = subprocess.run(
        [f"{PEERS}/{command[0]}", *command[1:]],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


MAKE = """
import nbformat
book = nbformat.v4.new_notebook()
def cell(source, **own):
    made = nbformat.v4.new_code_cell(source)
    made.metadata["nbgrader"] = {"schema_version": 3, "locked": False, "task": False, **own}
    book.cells.append(made)
cell("### BEGIN SOLUTION\\nx = 1\\n### END SOLUTION", grade_id="a", grade=False, solution=True)
cell("assert x == 1", grade_id="b", grade=True, solution=False, points=3)
nbformat.write(book, "source/hw1/problem.ipynb")
"""


@real
def test_a_real_nbgrader_course_goes_all_the_way_round(tmp_path: Path) -> None:
    course = tmp_path / "course"
    (course / "source" / "hw1").mkdir(parents=True)
    (course / "nbgrader_config.py").write_text('get_config().CourseDirectory.course_id = "c"\n')
    for who in ("ada", "bob", "cem"):
        peer("nbgrader", "db", "student", "add", who, f"--first-name={who.title()}", cwd=course)
    peer("python", "-c", MAKE, cwd=course)
    peer("nbgrader", "generate_assignment", "hw1", "--create", cwd=course)
    hand_in(course)
    taken, reports = tmp_path / "taken", tmp_path / "reports"
    assert run("import", "nbgrader", course, "--out", taken).exit_code == 0
    assert "BEGIN SOLUTION" not in (taken / "released" / "problem.ipynb").read_text()
    assert graded(taken, reports) == {"ada": 43, "bob": 9}
    assert run("adjust", "bob", "+2", "--reason", "asked well", "--out", reports).exit_code == 0
    back = ["python", "-m", "grader", "grades", str(reports), "--format", "nbgrader"]
    into = [*back, "--out", "gradebook.db"]
    refused = subprocess.run(
        [f"{PEERS}/{into[0]}", *into[1:], "--column", "hw1"],
        cwd=course, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert refused.returncode == 2
    assert "would count, too" in refused.stderr
    for _ in range(2):  # written again, nothing counts twice
        peer(*into, cwd=course)
    peer("nbgrader", "export", "--to", "theirs.csv", cwd=course)
    theirs = list(csv.DictReader(io.StringIO((course / "theirs.csv").read_text())))
    assert list(theirs[0]) == HEADER
    told = {
        row["student_id"]: (float(row["score"]), float(row["max_score"]))
        for row in theirs
        if row["assignment"] == "backprop_ninja"
    }
    assert told == {"ada": (43, 43), "bob": (11, 43), "cem": (0, 43)}, "cem handed nothing in"
    ours = list(csv.DictReader(io.StringIO(peer(*back, cwd=course))))
    scores = {row["student_id"]: float(row["score"]) for row in ours}
    assert scores == {who: told[who][0] for who in scores}


OTTER = """
import nbformat
raw, code = nbformat.v4.new_raw_cell, nbformat.v4.new_code_cell
book = nbformat.v4.new_notebook()
book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
book.cells = [raw("# ASSIGNMENT CONFIG\\nname: hw1\\ngenerate: false\\n"), code("import math")]
book.cells += [raw("# BEGIN QUESTION\\nname: q1\\n"), raw("# BEGIN SOLUTION"), code("x = 2 # SOLUTION")]
book.cells += [raw("# END SOLUTION"), raw("# END QUESTION")]
nbformat.write(book, "master.ipynb")
"""
EXPORT = """
import otter
otter.Notebook("bob.ipynb", tests_dir=".").export("bob.ipynb", pdf=False, force_save=False)
"""


def test_the_time_of_export_stays_where_it_alone_tells_two_apart(tmp_path: Path) -> None:
    times = ["2026_11_28T19_44_31_292147", "2026_11_28T20_01_02_000001"]
    for names, kept in (
        ([f"bob_{times[0]}.zip", f"ada_{times[1]}.zip"], {"ada.zip", "bob.zip"}),
        ([f"hw1_{time}.zip" for time in times], {f"hw1_{time}.zip" for time in times}),
    ):
        folder = tmp_path / names[0]
        (folder / "submissions").mkdir(parents=True)
        for name in names:
            (folder / "submissions" / name).write_bytes(b"")
        assert set(read_otter(folder).submissions) == kept


@real
def test_a_real_otter_assignment_is_taken_over_and_graded(tmp_path: Path) -> None:
    folder = tmp_path / "hw1"
    submitted = folder / "submissions"
    submitted.mkdir(parents=True)
    peer("python", "-c", OTTER, cwd=folder)
    peer("otter", "assign", "master.ipynb", "dist", "--no-run-tests", cwd=folder)
    shutil.copy(SOLUTION, submitted / "ada.ipynb")
    (submitted / "bob.ipynb").write_bytes(HALF)
    peer("python", "-c", EXPORT, cwd=submitted)
    (submitted / "bob.ipynb").unlink()
    (exported,) = submitted.glob("bob_*.zip")
    taken = tmp_path / "taken"
    assert run("import", "otter", folder, "--out", taken).exit_code == 0
    assert exported.name not in {path.name for path in (taken / "submitted").iterdir()}
    released = (taken / "released" / "master.ipynb").read_text()
    assert "SOLUTION" not in released
    assert graded(taken, tmp_path / "reports") == {"ada": 43, "bob": 9}
