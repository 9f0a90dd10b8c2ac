"""One run against a gradebook: what is graded, what is written, and what a fault costs.

Scorecards are made here by hand, so that many runs take no time; test_cli_gradebook.py grades.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
import report_cards as cards

import grader
from grader.assignment import Assignment
from grader.gradebook import GradingRun, Published, Roster, Times, open_gradebook, rules_of
from grader.gradebook.content import NOT_GRADING, Rules
from grader.gradebook.roster import EnrolledStudent
from grader.records.scorecard import Scorecard
from grader.report import Reports
from grader.submission import Submission

NOWHERE = Times({})
RULES = Rules(assignment="a", grader="1", torch="2", python="3.11", numpy="2")


class Desk:
    """Hands in, grades and publishes, as `grader grade` does."""

    def __init__(self, tmp_path: Path, assignment: Assignment, target: str | None = None) -> None:
        self.inbox = tmp_path / "inbox"
        self.inbox.mkdir()
        self.out = tmp_path / "reports"
        self.out.mkdir()
        self.assignment = assignment
        self.target = target or str(self.out)
        self.rules = msgspec.structs.replace(RULES, assignment=assignment.digest)
        self.said: list[str] = []
        self.graded: list[str] = []

    def hand_in(self, name: str, text: str = "1") -> Submission:
        path = self.inbox / f"{name}.py"
        path.write_text(text)
        return Submission(id=name, candidates=(path,), origin=path.name)

    def submissions(self) -> list[Submission]:
        paths = sorted(self.inbox.iterdir())
        return [Submission(id=p.stem, candidates=(p,), origin=p.name) for p in paths]

    def card(self, submission: Submission) -> Scorecard:
        from grader.gradebook.content import content_of

        content = content_of(submission)
        digest = next(iter(content.files)) if content else ""
        card = cards.right(submission.id)
        source = msgspec.structs.replace(card.source, sha256=digest)
        written = msgspec.json.encode(msgspec.structs.replace(card, source=source))
        return msgspec.json.decode(written, type=Scorecard)  # whole numbers are floats, as graded

    def begin(self) -> GradingRun:
        return GradingRun(
            self.target, self.assignment, self.rules, Reports(self.out), self.said.append
        )

    def run(
        self,
        submissions: Sequence[Submission] | None = None,
        *,
        roster: Roster | None = None,
        regrade: bool = False,
        stop_after: int | None = None,
        broken: bool = False,
    ) -> Published | None:
        """A whole run, or one that ends after some scorecards."""
        self.graded, self.said[:] = [], []
        run = self.begin()
        try:
            given = self.submissions() if submissions is None else submissions
            for submission in run.plan(given, roster, NOWHERE, regrade=regrade)[:stop_after]:
                card = cards.ungraded(submission.id) if broken else self.card(submission)
                Reports(self.out).write_scorecard(card)
                self.graded.append(submission.id)
                run.store(card)
            return run.publish() if stop_after is None else None
        finally:
            run.close()

    def files(self) -> dict[str, int]:
        """Every report, with the moment it was written."""
        return {
            str(path.relative_to(self.out)): path.stat().st_mtime_ns
            for path in sorted(self.out.rglob("*"))
            if path.is_file() and not path.name.startswith((".", "gradebook.db"))
        }


@pytest.fixture
def desk(tmp_path: Path, assignment: Assignment) -> Desk:
    made = Desk(tmp_path, assignment)
    for name in ("ada", "ben", "cy"):
        made.hand_in(name, name)
    return made


# ---- what is graded ------------------------------------------------------------------------------


def test_a_second_run_grades_nothing_and_touches_no_file(desk: Desk) -> None:
    desk.run()
    assert desk.graded == ["ada", "ben", "cy"]
    before = desk.files()
    assert len(before) == 9
    desk.run()
    assert desk.graded == []
    assert desk.files() == before


def test_an_interrupted_run_goes_on_where_it_stopped(desk: Desk) -> None:
    desk.run(stop_after=2)
    desk.run()
    assert desk.graded == ["cy"]
    assert {"index.html", "cy/scorecard.html"} <= set(desk.files())


def test_only_what_changed_is_graded_and_the_others_stay_on_the_page(desk: Desk) -> None:
    desk.run()
    desk.run([desk.hand_in("ben", "another answer")])
    assert desk.graded == ["ben"]
    page = (desk.out / "index.html").read_text()
    assert all(f'data-id="{name}"' in page for name in ("ada", "ben", "cy"))
    assert len((desk.out / "grades.csv").read_text().splitlines()) == 4


def test_regrade_forces(desk: Desk) -> None:
    desk.run()
    desk.run(regrade=True)
    assert desk.graded == ["ada", "ben", "cy"]


@pytest.mark.parametrize("field", ["assignment", "grader", "torch", "python", "numpy"])
def test_other_rules_regrade_everything(desk: Desk, field: str) -> None:
    desk.run()
    desk.rules = msgspec.structs.replace(desk.rules, **{field: "other"})
    desk.run()
    assert desk.graded == ["ada", "ben", "cy"]
    desk.rules = msgspec.structs.replace(desk.rules, with_notebook=True)
    desk.run()
    assert desk.graded == ["ada", "ben", "cy"]


def test_what_could_not_be_graded_is_tried_again(desk: Desk) -> None:
    desk.run(broken=True)
    assert "Not graded" in (desk.out / "index.html").read_text()
    desk.run()
    assert desk.graded == ["ada", "ben", "cy"]
    assert "Not graded" not in (desk.out / "index.html").read_text()


def test_a_regrade_that_fails_takes_no_marks_and_mends_the_page(desk: Desk) -> None:
    desk.run()
    before = (desk.out / "ada" / "scorecard.html").read_text()
    desk.run(broken=True, regrade=True)
    assert (desk.out / "ada" / "scorecard.html").read_text() == before
    assert "Not graded" not in (desk.out / "index.html").read_text()


def test_a_file_that_cannot_be_read_is_tried_every_time(desk: Desk) -> None:
    gone = Submission(id="gone", candidates=(desk.inbox / "gone.py",), origin="gone.py")
    for _ in range(2):
        desk.run([gone], broken=True)
        assert desk.graded == ["gone"]


def test_a_file_that_changes_while_it_is_graded_is_graded_again(desk: Desk) -> None:
    ada = desk.hand_in("ada")
    run = desk.begin()
    (todo,) = run.plan([ada], None, NOWHERE)
    desk.hand_in("ada", "changed meanwhile")
    Reports(desk.out).write_scorecard(desk.card(todo))
    run.store(desk.card(todo))
    run.close()
    desk.hand_in("ada")
    desk.run([ada])
    assert desk.graded == ["ada"]


def test_equal_files_of_two_students_are_graded_each(desk: Desk) -> None:
    desk.run([desk.hand_in("left", "same"), desk.hand_in("right", "same")])
    assert desk.graded == ["left", "right"]
    for name in ("left", "right"):
        assert f"<bdi>{name}</bdi>" in (desk.out / name / "scorecard.html").read_text()


def test_the_rules_are_those_of_this_machine(assignment: Assignment) -> None:
    import torch

    rules = rules_of(assignment, with_notebook=False)
    assert rules.torch == torch.__version__
    assert rules.assignment == assignment.digest


def test_no_module_that_grades_is_left_out_of_the_graders_digest() -> None:
    code = (
        "import sys, grader.pipeline, grader.worker.__main__\n"
        "print(*(name.split('.')[1] for name in sys.modules if name.startswith('grader.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"cleanroom", "exercises", "marking", "worker"} <= loaded
    assert loaded.isdisjoint({part.removesuffix(".py") for part in NOT_GRADING})
    package = Path(grader.__file__).parent
    assert all((package / part).exists() for part in NOT_GRADING)


def test_a_late_policy_regrades_nothing(assignment: Assignment) -> None:
    from datetime import UTC, datetime

    from grader.assignment import Late

    spec = msgspec.structs.replace(assignment.spec, late=Late(due=datetime(2026, 1, 1, tzinfo=UTC)))
    assert msgspec.structs.replace(assignment, spec=spec).digest == assignment.digest
    spec = msgspec.structs.replace(spec, limits=msgspec.structs.replace(spec.limits, processes=5))
    assert msgspec.structs.replace(assignment, spec=spec).digest != assignment.digest


# ---- reports -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "file", ["ada/scorecard.html", "ada/scorecard.json", "index.html", "grades.csv", "results.json"]
)
@pytest.mark.parametrize("damage", ["deleted", "cut short", "written over"])
def test_a_missing_or_damaged_report_is_written_again_without_grading(
    desk: Desk, file: str, damage: str
) -> None:
    desk.run()
    path = desk.out / file
    text = path.read_text()
    others = {name: at for name, at in desk.files().items() if name.startswith(("ben", "cy"))}
    match damage:
        case "deleted":
            path.unlink()
        case "cut short":
            path.write_text(text[: len(text) // 2])
        case "written over":
            path.write_text(text.replace("a", "b", 1))
    desk.run()
    assert desk.graded == []
    assert path.read_text() == text
    assert others.items() <= desk.files().items()


def test_all_reports_come_back_from_the_gradebook_alone(desk: Desk) -> None:
    desk.run()
    before = {name: (desk.out / name).read_text() for name in desk.files()}
    for path in desk.out.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "gradebook.db":
            path.unlink()
    desk.run()
    assert desk.graded == []
    assert {name: (desk.out / name).read_text() for name in desk.files()} == before


def test_an_executed_notebook_comes_back_too(desk: Desk) -> None:
    run = desk.begin()
    (ada,) = run.plan([desk.hand_in("ada")], None, NOWHERE)
    Reports(desk.out).write_scorecard(desk.card(ada), "<p>it ran</p>")
    run.store(desk.card(ada), "<p>it ran</p>")
    run.publish()
    run.close()
    page = desk.out / "ada" / "scorecard.html"
    text = page.read_text()
    page.unlink()
    desk.run([ada])
    assert page.read_text() == text
    assert "it ran" in text


def test_an_adjustment_is_on_the_page_and_renews_no_other(desk: Desk) -> None:
    desk.run()
    before = desk.files()
    with open_gradebook(desk.out) as book:
        book.adjust("backprop_ninja", "ada", -2.5, "no units <b>")
    desk.run()
    changed = {name for name, at in desk.files().items() if before[name] != at}
    assert changed == {
        "ada/scorecard.html",
        "ada/scorecard.json",
        "index.html",
        "grades.csv",
        "results.json",
    }
    page = (desk.out / "ada" / "scorecard.html").read_text()
    assert "no units &lt;b&gt;" in page
    assert "<strong>34.5</strong>" in page
    results = msgspec.json.decode((desk.out / "results.json").read_bytes())
    assert [grade["final"] for grade in results["grades"]] == [34.5, 37, 37]


def test_columns_appear_where_they_are_used(desk: Desk) -> None:
    desk.run()
    head = "id,path,status,run,score,max_score,exercise-1,exercise-2,exercise-3,reason"
    assert (desk.out / "grades.csv").read_text().splitlines()[0] == head
    assert "Final" not in (desk.out / "index.html").read_text()
    with open_gradebook(desk.out) as book:
        book.adjust("backprop_ninja", "ada", 2, "x")
    roster = Roster(
        path="r", students=[EnrolledStudent(id="ada", name="=Ada"), EnrolledStudent(id="zoe")]
    )
    desk.run(roster=roster)
    lines = (desk.out / "grades.csv").read_text().splitlines()
    assert lines[0].startswith(
        "id,name,path,status,run,score,max_score,adjustments,final,exercise-1"
    )
    assert lines[1].startswith("ada,'=Ada,")
    assert lines[4].startswith("zoe,,,missing,not_run,,43,0,,")
    page = (desk.out / "index.html").read_text()
    assert '<b>39</b>\n<span class="part">+2 adjusted</span>' in page
    assert "<bdi>zoe</bdi>" in page
    assert 'href="zoe/' not in page


def test_reports_of_which_the_gradebook_knows_nothing_are_left_and_named(desk: Desk) -> None:
    Reports(desk.out).write_scorecard(cards.right("stranger"))
    desk.run()
    assert (desk.out / "stranger" / "scorecard.json").exists()
    (line,) = desk.said
    assert "not in the gradebook (stranger)" in line


def test_marks_by_an_earlier_assignment_are_named(desk: Desk) -> None:
    desk.run()
    changed = msgspec.structs.replace(desk.assignment.spec, title="Another title")
    desk.assignment = msgspec.structs.replace(desk.assignment, spec=changed)
    desk.rules = msgspec.structs.replace(desk.rules, assignment=desk.assignment.digest)
    desk.run(desk.submissions()[:1])
    (line,) = desk.said
    assert line.startswith("ben, cy still have marks by an earlier version of the assignment")


def test_a_class_in_two_folders_is_whole_in_both(tmp_path: Path, desk: Desk) -> None:
    desk.run(desk.submissions()[:1])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    desk.target, desk.out = str(desk.out), elsewhere
    desk.run(desk.submissions()[1:])
    assert {"ada/scorecard.html", "ben/scorecard.html", "cy/scorecard.html"} <= set(desk.files())


# ---- faults --------------------------------------------------------------------------------------


def lock(path: Path) -> sqlite3.Connection:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    return holder


def impatient(path: Path) -> str:
    return f"sqlite:///{path}?timeout=0.1"


def whole_class_is_in_the_files(desk: Desk) -> bool:
    page = (desk.out / "index.html").read_text()
    assert "The gradebook could not be used in this run" in page
    return all(
        f'data-id="{name}"' in page and (desk.out / name / "scorecard.html").exists()
        for name in ("ada", "ben", "cy")
    )


def test_a_locked_gradebook_costs_no_results_and_keeps_what_it_has(desk: Desk) -> None:
    desk.run()
    with open_gradebook(desk.out) as book:
        book.adjust("backprop_ninja", "ada", 2, "x")
    desk.hand_in("ben", "changed")
    desk.target = impatient(desk.out / "gradebook.db")
    holder = lock(desk.out / "gradebook.db")
    desk.run()
    holder.close()
    (line,) = desk.said
    assert "gradebook.db: is locked by another program: close what has it open" in line
    assert line.endswith("reports only")
    assert whole_class_is_in_the_files(desk)
    desk.run()
    assert desk.graded == ["ben"]
    assert desk.said == []
    assert "The gradebook could not be used" not in (desk.out / "index.html").read_text()


@pytest.mark.parametrize(
    "damage", [b"this is no database\n" * 500, b"\0" * 8192, b"SQLite format 3\0junk"]
)
def test_a_damaged_gradebook_is_never_touched(desk: Desk, damage: bytes) -> None:
    path = desk.out / "gradebook.db"
    path.write_bytes(damage)
    desk.run()
    (line,) = desk.said
    assert "is damaged or no gradebook" in line
    assert "move it away" in line
    assert path.read_bytes() == damage
    assert whole_class_is_in_the_files(desk)


def test_a_gradebook_with_a_damaged_page_keeps_the_others(desk: Desk) -> None:
    desk.run()
    path = desk.out / "gradebook.db"
    content = bytearray(path.read_bytes())
    content[2 * 4096 : -4096] = b"\xff" * (len(content) - 3 * 4096)
    path.write_bytes(content)
    desk.run()
    assert len(desk.said) == 1
    assert "is damaged" in desk.said[0]
    assert path.read_bytes() == bytes(content)
    assert whole_class_is_in_the_files(desk)


def test_a_gradebook_that_fails_midway_costs_only_itself(desk: Desk) -> None:
    desk.target = impatient(desk.out / "gradebook.db")
    run = desk.begin()
    todo = run.plan(desk.submissions(), None, NOWHERE)
    Reports(desk.out).write_scorecard(desk.card(todo[0]))
    run.store(desk.card(todo[0]))
    holder = lock(desk.out / "gradebook.db")
    for submission in todo[1:]:
        Reports(desk.out).write_scorecard(desk.card(submission))
        run.store(desk.card(submission))
    run.publish()
    run.close()
    holder.close()
    assert run.failed
    assert len(desk.said) == 1
    assert whole_class_is_in_the_files(desk)
    desk.run()
    assert desk.graded == ["ben", "cy"]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (
            "postgresql+psycopg://nobody:secret@127.0.0.1:1/marks?connect_timeout=2",
            "cannot be reached",
        ),
        ("mysql://localhost/marks", "SQLite or PostgreSQL, not in mysql"),
        ("postgresql+nothing://localhost/marks", "address cannot be used"),
        ("postgresql://host:port/marks", "cannot be understood"),
        ("postgresql://no-such-host.invalid/marks", "cannot be reached"),
        ("/dev/null/gradebook.db", "cannot be opened|cannot be made"),
    ],
)
def test_an_unreachable_gradebook_is_one_line_without_secrets(
    desk: Desk, target: str, said: str
) -> None:
    import re

    desk.target = target
    desk.run()
    (line,) = desk.said
    assert re.search(said, line)
    assert "secret" not in line
    assert "\n" not in line
    assert whole_class_is_in_the_files(desk)


def test_a_newer_gradebook_is_left_as_it_is(desk: Desk) -> None:
    desk.run()
    path = desk.out / "gradebook.db"
    with sqlite3.connect(path) as newer:
        newer.execute("UPDATE gradebook SET version = 99")
    newer.close()
    before = path.read_bytes()
    desk.run()
    (line,) = desk.said
    assert "made by a newer grader (version 99" in line
    assert path.read_bytes() == before
    assert whole_class_is_in_the_files(desk)


def test_postgresql_that_goes_away_midway_costs_only_itself(desk: Desk, postgresql: object) -> None:
    import psycopg
    from postgresql_server import Server

    assert isinstance(postgresql, Server)
    desk.target = postgresql.database()
    run = desk.begin()
    todo = run.plan(desk.submissions(), None, NOWHERE)
    Reports(desk.out).write_scorecard(desk.card(todo[0]))
    run.store(desk.card(todo[0]))
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = %s"
    where = {"host": str(postgresql.folder), "user": postgresql.user, "dbname": "postgres"}
    with psycopg.connect(**where) as admin:
        admin.execute(end, [desk.target.partition("@/")[2].partition("?")[0]])
    for submission in todo[1:]:
        Reports(desk.out).write_scorecard(desk.card(submission))
        run.store(desk.card(submission))
    run.publish()
    run.close()
    assert len(desk.said) == 1
    assert whole_class_is_in_the_files(desk)
    desk.run()
    assert desk.graded == ["ben", "cy"]
