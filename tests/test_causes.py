"""Whoever earns nothing in an exercise is told why: in the table, the CSV, the page, the terminal."""

import csv
import subprocess
import sys

import pytest
from conftest import BACKWARD, BUNDLED, FORWARD, SETUP, notebook, row
from msgspec.structs import replace
from rich.console import Console

from grader.assignment import check_environment
from grader.assignment.packages import installed
from grader.assignment.spec import Requirements
from grader.cli.table import _table
from grader.errors import AssignmentError
from grader.records.comparison import RIGHT
from grader.records.scorecard import ExerciseScore, IntegrityNote, Scorecard, Source, TargetScore
from grader.report.causes import causes, waits_for_a_person

FETCHED = SETUP.replace("open('names.txt').read().splitlines()", "list(table)")
HALF = BACKWARD.replace("dh = dlogits @ W2.T", "dh = 1 * flow(dlogits)")
WORK = {
    "absent": [
        "import no_such_tables as t\ntable = t.read('names.txt')",
        FETCHED,
        FORWARD,
        BACKWARD,
    ],
    "broken": [SETUP, FORWARD, f"scale = 1 / 0\n{BACKWARD}"],
    "copied": [SETUP, FORWARD, "dlogprobs = logprobs.grad\ndh = h.grad"],
    "empty": [SETUP, FORWARD],
    "lost": [SETUP.replace("Xb, Yb = X[ix], Y[ix]", "raise SystemExit"), FORWARD, BACKWARD],
    "odd": [SETUP, FORWARD, f"{BACKWARD}\nif n ==:\n    a b\n    c d\n    e f\n    g h"],
    "wrong": [SETUP, FORWARD, "# Exercise 2\ndlogits = 3 * logits"],
}
SAID = {
    "absent": "no module named no_such_tables",
    "broken": "ex. 1: cell 2: line 1: ZeroDivisionError: division by zero",
    "copied": "ex. 1: dlogprobs, dh: autograd was asked",
    "empty": "no line computes dlogprobs, dlogits, dhprebn, dC …",
    "lost": "ex. 1: cell 0: line 27: SystemExit;",
    "odd": "cell 2 is no Python 3.",
    "wrong": "ex. 2: dlogits: ",
}


def grader(command):
    return subprocess.run(
        [sys.executable, "-m", "grader", *command], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """One class, graded once: what the command printed, its status, and the folder of reports."""
    folder = tmp_path_factory.mktemp("class")
    for name, cells in WORK.items():
        (folder / f"{name}.ipynb").write_bytes(notebook(*cells))
    (folder / "untouched.ipynb").write_bytes((BUNDLED / "starter.ipynb").read_bytes())
    out = tmp_path_factory.mktemp("reports")
    command = ["grade", str(folder), "--assignment", "backprop_ninja", "--out", str(out)]
    return grader(command), out


@pytest.mark.parametrize("name", WORK)
def test_the_cause_stands_in_the_table(graded, name):
    result, out = graded
    with (out / "grades.csv").open() as file:
        reasons = {line["id"]: line["reason"] for line in csv.DictReader(file)}
    assert SAID[name] in reasons[name]
    page = (out / "index.html").read_text()
    assert SAID[name].rpartition(": ")[2].split(",")[0].strip(";")[:20] in page
    assert SAID[name].split(":")[0].split(" ")[0] in result.stdout


def test_an_untouched_starter_is_said_to_be_one_without_gradients(graded):
    _, out = graded
    with (out / "grades.csv").open() as file:
        (untouched,) = [line for line in csv.DictReader(file) if line["id"] == "untouched"]
    assert (untouched["score"], untouched["reason"][:16]) == ("0", "no line computes")


def test_for_want_of_a_package_nobody_gets_a_zero(graded):
    result, out = graded
    with (out / "grades.csv").open() as file:
        (absent,) = [line for line in csv.DictReader(file) if line["id"] == "absent"]
    assert (absent["status"], absent["score"]) == ("ungraded", "")
    assert result.returncode == 1


def test_who_has_points_in_spite_of_a_missing_package_waits_for_a_person(grade):
    card = grade("from no_such_flow import flow", SETUP, FORWARD, HALF)
    assert card.status == "graded"
    assert row(card, "dlogits").verdict in RIGHT
    assert [note.code for note in card.integrity] == ["unjudged"]
    assert waits_for_a_person(card)


def test_print_of_python_2_costs_nothing(grade):
    said = "print 'a', n\nprint 'b'\nprint 'c %d' % n\nprint n\n"
    card = grade(SETUP, FORWARD, said + BACKWARD)
    assert card.exercises[0].score == card.exercises[0].max_score
    assert "Missing parentheses" in (card.cells[-1].error or "")


def card_of(*rows, integrity=()):
    part = ExerciseScore(id="exercise-1", title="One", score=0, max_score=2, targets=list(rows))
    return Scorecard(
        id="anna", source=Source(path="a", sha256="", format="py"), assignment="x", score=0,
        status="graded", run="completed", max_score=2, exercises=[part], integrity=list(integrity),
    )  # fmt: skip


def test_unjudged_is_a_word_of_its_own_and_waits_for_a_person():
    from grader.cli.table import _remarks

    unjudged = TargetScore(name="dh", of="h", verdict="unjudged", max_score=1)
    wrong = TargetScore(name="dC", of="C", verdict="mismatch", max_score=1)
    assert _remarks(card_of(unjudged, wrong)) == "unjudged: dh; wrong: dC"
    assert waits_for_a_person(card_of(unjudged))
    assert not waits_for_a_person(card_of(wrong))
    note = IntegrityNote(code="unjudged", text="please look")
    assert waits_for_a_person(card_of(wrong, integrity=[note]))
    assert causes(card_of(wrong)) == []


@pytest.mark.parametrize(("switch", "status"), [([], 1), (["--unjudged-passes"], 0)])
def test_what_a_person_has_to_look_at_counts_in_the_exit_status(tmp_path, switch, status):
    path = tmp_path / "anna.ipynb"
    path.write_bytes(notebook("from no_such_flow import flow", SETUP, FORWARD, HALF))
    command = ["grade", str(path), "--assignment", "backprop_ninja", "--out", str(tmp_path / "o")]
    result = grader([*command, *switch])
    assert "a person has to look" in result.stdout
    assert result.returncode == status


def test_packages_of_a_course_are_looked_for_at_the_start(assignment):
    def needing(*names):
        environment = Requirements(packages=list(names))
        return replace(assignment, spec=replace(assignment.spec, environment=environment))

    check_environment(needing("torch", "numpy", "backprop-grader", "msgspec"))
    with pytest.raises(
        AssignmentError, match=r"environment\.packages: no_such, no-such-either not"
    ):
        check_environment(needing("numpy", "no_such", "no-such-either"))
    assert not installed("no.such")


def test_an_exercise_with_a_name_of_its_own_is_not_numbered() -> None:
    rows = [TargetScore(verdict="missing", name="dx", of="x", max_score=1.0)]
    named = [
        ExerciseScore(id=each, title=each, score=0, max_score=1, targets=rows, cause=cause)
        for each, cause in (("relu_backward", "it raises"), ("exercise-2", "nothing"))
    ]
    source = Source(path="a.py", sha256="", format="py")
    card = Scorecard(id="a", assignment="b", title="c", source=source, status="graded",
                     run="completed", score=0, max_score=2, exercises=named)  # fmt: skip
    assert causes(card) == ["relu_backward: it raises", "ex. 2: nothing"]


def test_many_exercises_leave_the_students_their_room(capsys: pytest.CaptureFixture[str]) -> None:
    exercises = [
        ExerciseScore(id=f"spatial_{n}_backward", title="", score=1, max_score=1, targets=[])
        for n in range(12)
    ]
    source = Source(path="a.py", sha256="", format="py")
    card = Scorecard(id="anna-lena", assignment="b", title="c", source=source, status="graded",
                     run="completed", score=12, max_score=12, exercises=exercises)  # fmt: skip
    Console(width=100).print(_table([card], {}))
    told = capsys.readouterr().out
    assert "anna-lena" in told
    assert "12 / 12" in told
