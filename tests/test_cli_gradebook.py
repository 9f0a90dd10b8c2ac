"""The gradebook from the command line, with real grading: one class, looked at by many tests."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest
from conftest import BACKWARD, BUNDLED, FORWARD, SETUP, notebook

from grader.cli.main import main

EXAMPLES = BUNDLED / "examples"
COPIED = BACKWARD.replace("dW1 = embcat.T @ dhprebn", "dW1 = W1.grad")


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def grader(*arguments: object) -> Done:
    """Run a command; those that run no student's code need no process of their own."""
    if arguments[0] == "grade":
        command = [sys.executable, "-m", "grader", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        return Done(done.returncode, done.stdout, done.stderr)
    out, err = io.StringIO(), io.StringIO()
    status: object = 0
    with (
        mock.patch.object(sys, "argv", ["grader", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
    assert isinstance(status, int)
    return Done(status, out.getvalue(), err.getvalue())


def grade(out: Path, *arguments: object) -> Done:
    return grader("grade", *arguments, "--out", out, "--assignment", BUNDLED)


def csv_of(out: Path) -> dict[str, dict[str, str]]:
    with (out / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inbox")
    for name in ("ben", "hana"):
        shutil.copy(EXAMPLES / f"{name}.ipynb", folder)
    (folder / "eve.ipynb").write_bytes(notebook(SETUP, FORWARD, COPIED))
    return folder


@pytest.fixture(scope="module")
def graded(inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("graded")
    done = grade(out, inbox)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def out(graded: Path, tmp_path: Path) -> Path:
    """A copy of the graded class, to be changed."""
    return Path(shutil.copytree(graded, tmp_path / "out"))


def test_a_second_run_grades_nothing_and_starts_neither_torch_nor_a_worker(
    inbox: Path, graded: Path
) -> None:
    code = (
        "import sys\nfrom grader.cli.main import cli\n"
        "try:\n    cli(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code\n"
        "assert not {'torch', 'numpy', 'grader.execution.batch', 'grader.sandbox', 'jinja2'} & set(sys.modules)\n"
    )
    again = [sys.executable, "-c", code, "grade", inbox, "--out", graded, "--assignment", BUNDLED]
    done = subprocess.run(again, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "3 unchanged" in done.stdout


def test_the_table_of_a_second_run_shows_the_marks_all_the_same(inbox: Path, graded: Path) -> None:
    assert "15 / 43" in grade(graded, inbox).stdout
    cards = json.loads(grade(graded, inbox, "--format", "json").stdout)
    assert [card["id"] for card in cards] == ["ben", "eve", "hana"]


def test_one_submission_is_graded_into_a_class(inbox: Path, out: Path, tmp_path: Path) -> None:
    changed = tmp_path / "hana.ipynb"
    changed.write_bytes((inbox / "hana.ipynb").read_bytes() + b"\n")
    done = grade(out, changed)
    assert done.stderr.startswith("[1/1] hana: 0 / 43")
    assert set(csv_of(out)) == {"ben", "eve", "hana"}
    assert (out / "ben" / "scorecard.html").exists()


def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    names = ("ada", "ben", "fatima", "hana")
    folder = tmp_path / "class"
    folder.mkdir()
    for name in names:
        shutil.copy(EXAMPLES / f"{name}.ipynb", folder)
    command = [sys.executable, "-m", "grader", "grade", folder, "--out", tmp_path / "out"]
    command += ["--assignment", BUNDLED, "--jobs", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        first = run.stderr.readline()
        run.send_signal(signal.SIGKILL)
    assert first.startswith("[1/4] ada")
    done = grade(tmp_path / "out", folder)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert not any("ada" in line for line in lines)
    assert len(lines) < len(names)
    assert set(csv_of(tmp_path / "out")) == set(names)


def test_changed_points_are_given_without_a_run_and_diff_shows_whose_marks_moved(
    inbox: Path, out: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "backprop_ninja"
    shutil.copytree(BUNDLED, mine, ignore=shutil.ignore_patterns("examples"))
    manifest = mine / "assignment.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace("points = 1.0 # of each target", "points_of = {h = 3.0}", 1))
    before = shutil.copytree(out, tmp_path / "before")
    done = grader("grade", inbox, "--out", out, "--assignment", mine)
    assert done.stderr == ""
    assert "3 marked anew without a run, for other points\n" in done.stdout
    said = grader("diff", "--out", out).stdout
    assert "ben  15 / 43 → 17 / 45  (assignment changed)" in said
    assert "    exercise-1: dh 1 → 3" in said
    assert said.endswith("marks of 3 moved\n")
    between = grader("diff", before, out, "--format", "json")
    moves = {move["id"]: move for move in json.loads(between.stdout)}
    assert (moves["ben"]["before"], moves["ben"]["after"]) == (15, 17)
    assert [target["name"] for target in moves["ben"]["targets"]] == ["dh"]
    (before / "gradebook.db").unlink()
    assert "marks of 3 moved" in grader("diff", before, "--out", out).stdout
    assert "no marks moved" in grader("diff", before, before).stdout
    anew = cards_of(out)
    assert set(anew) == {"ben", "eve", "hana"}
    grader("grade", inbox, "--out", out, "--assignment", mine, "--regrade")
    assert cards_of(out) == anew  # what a run finds


def cards_of(out: Path) -> dict[str, dict[str, Any]]:
    """Scorecards without what is another time in every run."""
    found = {}
    for path in out.glob("*/scorecard.json"):
        card = json.loads(path.read_text(encoding="utf-8"))
        found[path.parent.name] = card | {"cells": [c | {"seconds": 0} for c in card["cells"]]}
    return found


def test_other_rules_than_points_are_tried_by_a_run(inbox: Path, out: Path, tmp_path: Path) -> None:
    mine = tmp_path / "backprop_ninja"
    shutil.copytree(BUNDLED, mine, ignore=shutil.ignore_patterns("examples"))
    with (mine / "assignment.toml").open("a") as manifest:
        manifest.write("\n[rates]\nfollow_through = 0.5\n")
    done = grader("grade", inbox / "ben.ipynb", "--out", out, "--assignment", mine)
    assert [line.split()[1] for line in done.stderr.splitlines()[:1]] == ["ben:"]
    assert "1 graded\n" in done.stdout


def test_a_changed_deadline_says_whose_final_marks_it_has_moved(
    inbox: Path, out: Path, tmp_path: Path
) -> None:
    mine = late_assignment(tmp_path)
    manifest = mine / "assignment.toml"
    everyone = ("grade", inbox, "--out", out, "--assignment", mine)
    first = grader(*everyone, "--submitted-at", "2026-11-21T12:00Z")
    assert "2 with another final mark: see `grader diff`, 1 unchanged" in first.stdout  # hana has 0
    manifest.write_text(manifest.read_text().replace("2026-11-20", "2026-11-19"))
    later = grader(*everyone)
    assert "2 with another final mark" in later.stdout
    said = grader("diff", "--out", out).stdout
    assert "ben  final 13.5 → 12  (lateness counted anew)" in said
    assert said.endswith("marks of 2 moved\n")
    (move, _) = json.loads(grader("diff", "--out", out, "--format", "json").stdout)
    assert (move["before"], move["final_before"], move["final_after"]) == (15, 13.5, 12)
    again = grader(*everyone)
    assert "3 unchanged" in again.stdout
    assert "another" not in again.stdout


def test_points_are_given_listed_and_taken_back(out: Path) -> None:
    done = grader("adjust", "ben", "+2", "--reason", "a good question", "--out", out)
    assert done.stdout.startswith("adjustment 1: ben +2, final 15 → 17\n")
    assert done.stderr == ""
    assert grader("adjust", "ben", "-0.5", "--reason", "x", "--out", out).returncode == 0
    assert csv_of(out)["ben"]["final"] == "16.5"
    page = (out / "ben" / "scorecard.html").read_text(encoding="utf-8")
    assert "a good question" in page
    listed = grader("adjust", "--out", out).stdout.splitlines()
    assert listed[0].startswith("1  ben  +2  a good question  (")
    assert len(listed) == 2
    assert grader("adjust", "--undo", "1", "--out", out).stdout.startswith(
        "taken back: adjustment 1 of ben, final 16.5 → 14.5\n"
    )
    assert csv_of(out)["ben"]["final"] == "14.5"
    assert len(grader("adjust", "ben", "--out", out).stdout.splitlines()) == 1


def test_points_given_twice_are_named(out: Path) -> None:
    twice = ("adjust", "ben", "+2", "--reason", "oral", "--out", out)
    assert grader(*twice).stderr == ""
    again = grader(*twice)
    assert again.stdout.startswith("adjustment 2: ben +2, final 17 → 19\n")
    assert "adjustment 1 of ben has the same points and reason" in again.stderr
    assert "--undo 2` takes this one back" in again.stderr


@pytest.mark.parametrize("who", [(), ("ben",)])
def test_where_there_is_nothing_to_list_it_says_so(out: Path, who: tuple[str, ...]) -> None:
    assert grader("adjust", *who, "--out", out).stdout == "no adjustments\n"
    grader("forget", "eve", "--out", out)  # whose note is the only one
    said = grader("decide", *who, "--out", out).stdout
    assert said == "no integrity notes: there is nothing to decide\n"


def test_a_decision_on_a_copied_gradient_restores_or_takes_its_points(out: Path) -> None:
    listed = grader("decide", "--out", out).stdout.splitlines()
    assert [line.split("  ")[:3] for line in listed] == [["eve", "copied/exercise-1/dW1", "open"]]
    score = csv_of(out)["eve"]["score"]
    done = grader("decide", "eve", "copied", "dismissed", "--reason", "on paper", "--out", out)
    assert f"dismissed (before: open), final {score} → {float(score) + 1:g}\n" in done.stdout
    assert float(csv_of(out)["eve"]["final"]) == float(score) + 1
    again = grader("decide", "eve", "copied", "dismissed", "--reason", "on paper", "--out", out)
    assert f"dismissed, as before, final {float(score) + 1:g} as before\n" in again.stdout
    assert "on paper" in (out / "eve" / "scorecard.html").read_text(encoding="utf-8")
    assert "dismissed" in grader("decide", "eve", "--out", out).stdout
    grader("decide", "eve", "copied", "upheld", "--reason", "x", "--out", out)
    assert "final" not in csv_of(out)["eve"]


def test_a_submission_that_does_not_belong_is_forgotten_and_comes_back(
    inbox: Path, out: Path
) -> None:
    done = grader("forget", "eve", "--out", out)
    assert done.stdout.startswith("eve is no longer in the class")
    again = grader("forget", "eve", "--out", out)
    assert again.stdout.startswith("eve was taken off the class before")
    assert set(csv_of(out)) == {"ben", "hana"}
    assert not (out / "eve").exists()
    done = grade(out, inbox)
    assert "3 unchanged" in done.stdout
    assert set(csv_of(out)) == {"ben", "eve", "hana"}
    assert (out / "eve" / "scorecard.html").exists()


def late_assignment(folder: Path) -> Path:
    mine = folder / "backprop_ninja"
    shutil.copytree(BUNDLED, mine, ignore=shutil.ignore_patterns("examples"))
    with (mine / "assignment.toml").open("a") as manifest:
        manifest.write("\n[late]\ndue = 2026-11-20T23:59:00+01:00\nper_day = 0.1\n")
    return mine


def test_roster_and_deadline(inbox: Path, out: Path, tmp_path: Path) -> None:
    mine = late_assignment(tmp_path)
    roster = tmp_path / "class.csv"
    roster.write_text(
        "id,name,submitted_at\nben,Ben B.,2026-11-22 08:00\nhana,Hana H.,\nzoe,Zoe Z.,\nzoe,Twice,\n"
    )
    done = grader("grade", inbox, "--out", out, "--assignment", mine, "--roster", roster)
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        f"grader: {roster}:5: zoe is in line 4 already: that one counts",
        f"grader: eve handed in, but is not on the roster {roster}: graded all the same",
    ]
    assert "1 with another final mark: see `grader diff`, 2 unchanged" in done.stdout
    rows = csv_of(out)
    assert [rows["ben"][c] for c in ("name", "late", "lateness", "final")] == [
        "Ben B.",
        "3",
        "2 days late",
        "12",
    ]
    assert [rows["hana"][c] for c in ("late", "lateness", "final")] == ["0", "time unknown", "0"]
    assert [rows["zoe"][c] for c in ("status", "score", "final")] == ["missing", "", ""]
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "Missing" in page
    assert "time unknown" in page
    assert "2 days late" in (out / "ben" / "scorecard.html").read_text(encoding="utf-8")
    given = grader(
        "grade",
        inbox / "ben.ipynb",
        "--out",
        out,
        "--assignment",
        mine,
        "--submitted-at",
        "2026-11-20T12:00Z",
    )
    assert given.returncode == 0
    assert csv_of(out)["ben"]["lateness"] == "on time"


def test_a_policy_with_a_spelling_mistake_is_named(inbox: Path, tmp_path: Path) -> None:
    mine = late_assignment(tmp_path)
    manifest = mine / "assignment.toml"
    manifest.write_text(manifest.read_text().replace("per_day", "perday"))
    done = grader("grade", inbox, "--out", tmp_path / "out", "--assignment", mine)
    assert done.returncode == 2
    assert "late: unknown key `perday` (did you mean `per_day`?)" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("adjust", "bem", "+2", "--reason", "x"), 2, "nobody in backprop_ninja has the id bem (did you mean ben?)"),
        (("adjust", "ben", "+2"), 2, "an adjustment needs its --reason"),
        (("adjust", "ben", "nan", "--reason", "x"), 2, "nan points change nothing"),
        (("adjust", "ben", "-1e9", "--reason", "x"), 2, "more than any assignment has"),
        (("adjust", "--undo", "9"), 2, "there is no adjustment 9"),
        (("adjust", "zz"), 2, "nobody in backprop_ninja has the id zz"),
        (("decide", "zz"), 2, "nobody in backprop_ninja has the id zz"),
        (("decide", "eve", "copied"), 2, "say what is decided"),
        (("decide", "eve", "copied", "upheld"), 2, "a decision needs its --reason"),
        (("decide", "eve", "xyz", "upheld", "--reason", "x"), 2, "eve has no note called xyz (there: copied/exercise-1/dW1)"),
        (("forget", "../eve"), 2, "nobody in backprop_ninja has the id ../eve"),
        (("diff", "/nowhere"), 2, "/nowhere holds neither a gradebook nor scorecards"),
        (("adjust", "ben", "+1", "--reason", "x", "--assignment", "x"), 2, "holds no assignment 'x'"),
        (("adjust", "ben", "+1", "--reason", "x", "--gradebook", "/nowhere"), 1, "there is no gradebook /nowhere/gradebook.db"),
        (("diff", "--gradebook", "redis://x"), 1, "SQLite or PostgreSQL, not in redis"),
    ],
)  # fmt: skip
def test_wrong_use_is_one_line_and_changes_nothing(
    graded: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    before = (graded / "grades.csv").stat().st_mtime_ns
    done = grader(*arguments, "--out", graded)
    assert done.returncode == status
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert (graded / "grades.csv").stat().st_mtime_ns == before


def test_a_roster_that_is_none_stops_nothing_and_shows_in_the_exit_status(
    inbox: Path, out: Path, tmp_path: Path
) -> None:
    done = grade(out, inbox, "--roster", tmp_path / "nowhere.csv")
    assert done.returncode == 1
    assert "nowhere.csv: cannot be read (No such file or directory)" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "3 unchanged" in done.stdout


def test_a_gradebook_that_cannot_be_used_costs_no_grade(inbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "gradebook.db").write_text("mine")
    done = grade(out, inbox / "hana.ipynb")
    assert done.returncode == 1
    assert "gradebook.db: is damaged or no gradebook" in done.stderr
    assert done.stderr.count("grader:") == 1
    assert (out / "gradebook.db").read_text() == "mine"
    assert csv_of(out)["hana"]["score"] == "0"
    assert "0 / 43" in done.stdout


def test_three_graders_at_once_on_one_folder_lose_nothing(inbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    runs = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "grader",
                "grade",
                inbox / f"{name}.ipynb",
                "--out",
                out,
                "--assignment",
                BUNDLED,
            ],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        for name in ("ben", "hana", "ben")
    ]
    for run in runs:
        _, said = run.communicate(timeout=300)
        assert run.returncode == 0, said
        assert "Traceback" not in said
    assert set(csv_of(out)) == {"ben", "hana"}
    page = (out / "index.html").read_text(encoding="utf-8")
    assert 'data-id="ben"' in page
    assert 'data-id="hana"' in page


def test_a_postgresql_gradebook_leaves_no_file_and_serves_every_command(
    inbox: Path, tmp_path: Path, postgresql: object
) -> None:
    from postgresql_server import Server

    assert isinstance(postgresql, Server)
    url, out = postgresql.database(), tmp_path / "out"
    done = grade(out, inbox / "hana.ipynb", "--gradebook", url)
    assert done.returncode == 0, done.stderr
    assert not (out / "gradebook.db").exists()
    adjust = ("adjust", "hana", "+2", "--reason", "x", "--gradebook", url)
    assert grader(*adjust, "--out", out).returncode == 0
    assert csv_of(out)["hana"]["final"] == "2"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "index.html").write_text("another class")
    done = grader(*adjust, "--out", elsewhere)
    assert "holds no reports of this gradebook" in done.stderr
    assert (elsewhere / "index.html").read_text() == "another class"
    assert "no marks moved" in grader("diff", "--gradebook", url).stdout
    assert "1 unchanged" in grade(out, inbox / "hana.ipynb", "--gradebook", url).stdout


def test_the_tables_read_well_without_this_grader(graded: Path) -> None:
    with sqlite3.connect(f"file:{graded / 'gradebook.db'}?mode=ro", uri=True) as plain:
        rows = plain.execute("SELECT student, score, final FROM grades ORDER BY student").fetchall()
        notes = plain.execute("SELECT student, note FROM open_notes").fetchall()
    plain.close()
    assert rows[0] == ("ben", 15, 15)
    assert notes == [("eve", "copied/exercise-1/dW1")]
