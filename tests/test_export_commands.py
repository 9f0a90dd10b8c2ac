"""`grader grades`, `export` and `handback`: what they write, and what they refuse."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import pytest
import report_cards as cards
from click.testing import CliRunner, Result
from conftest import BUNDLED

from grader.cli.main import cli
from grader.errors import GraderError, InfrastructureError, UsageError
from grader.export import File, write_files
from grader.records.grade import Grade
from grader.report import Reports
from grader.report.class_row import Entry

STUDENTS = ["amy", "ben", "çelik"]


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    out = tmp_path / "reports"
    some = [cards.right(student) for student in STUDENTS]
    for card in some:
        Reports(out).write_scorecard(card)
    Reports(out).write_class([Entry(card=card) for card in some], "T")
    return out


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)))


def refused(*arguments: object) -> str:
    """The one line that the command ends with."""
    error = run(*arguments).exception
    assert isinstance(error, GraderError), error
    assert "\n" not in str(error)
    return str(error)


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def with_table(folder: Path, name: str = "backprop_ninja") -> Path:
    """An assignment that hides results."""
    made = folder / name
    shutil.copytree(BUNDLED, made, ignore=shutil.ignore_patterns("examples"))
    path = made / "assignment.toml"
    table = '\n[gradescope]\nvisibility = "hidden"\noutput_format = "text"\n'
    path.write_text(path.read_text(encoding="utf-8") + table, encoding="utf-8")
    return made


def shown(printed: Result) -> set[tuple[str, str]]:
    assert printed.exit_code == 0, printed.exception
    found = json.loads(printed.stdout).values()
    return {(each["visibility"], each["output_format"]) for each in found}


def test_gradescopes_results_show_what_the_assignment_allows(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(run("grades", reports, "--format", "gradescope")) == {("visible", "html")}
    hiding = with_table(tmp_path / "assignments")
    by_path = run("grades", reports, "--format", "gradescope", "--assignment", hiding)
    assert shown(by_path) == {("hidden", "text")}
    monkeypatch.chdir(tmp_path)  # where it is found by its name
    assert shown(run("grades", reports, "--format", "gradescope")) == {("hidden", "text")}


def test_nothing_is_shown_by_the_defaults_of_an_assignment_that_is_not_there(
    tmp_path: Path,
) -> None:
    for name in ("gone", "gone-too"):
        card = msgspec.structs.replace(cards.right(name), assignment=name)
        Reports(tmp_path / "one" / name).write_scorecard(card)
        Reports(tmp_path / "two").write_scorecard(card)
    one = refused("grades", tmp_path / "one" / "gone", "--format", "gradescope")
    assert "'gone' was not found" in one
    assert "name its folder with --assignment" in one
    two = refused("grades", tmp_path / "two", "--format", "gradescope")
    assert "results of gone, gone-too: name one" in two
    assert run("grades", tmp_path / "one" / "gone").exit_code == 0  # others do not ask for it


def test_grades_go_to_standard_output_or_to_a_file(reports, tmp_path) -> None:
    printed = run("grades", reports)
    assert printed.exit_code == 0
    ids = [row["id"] for row in csv.DictReader(printed.output.splitlines())]
    assert ids == STUDENTS
    out = tmp_path / "new" / "grades.csv"
    assert run("grades", reports, "--out", out).output == f"wrote {out} (3 submissions)\n"
    assert out.read_bytes() == printed.stdout_bytes


def test_what_the_gradebook_adds_is_what_canvas_and_tables_get(reports, tmp_path) -> None:
    amy = Grade(
        id="amy",
        assignment="a",
        status="graded",
        score=37,
        adjustments=-2,
        late=5,
        lateness="1 day late",
        final=30,
    )
    zoe = Grade(id="zoe", assignment="a", status="missing", adjustments=4, final=4)
    nobody = Grade(id="nobody", assignment="a", status="missing")
    some = [Entry(cards.right(student), amy if student == "amy" else None) for student in STUDENTS]
    Reports(reports).write_class([*some, Entry(grade=zoe), Entry(grade=nobody)], "T")
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "Student,ID,Section\nAmy,1,S\nBen,2,S\nZoe,3,S\nçelik,4,S\n", encoding="utf-8"
    )
    lines = run("grades", reports, "--format", "canvas", "--roster", roster).output.splitlines()
    assert [line.rpartition(",")[2] for line in lines[2:]] == ["30.00", "37.00", "4.00", "37.00"]
    table = list(csv.DictReader(run("grades", reports).output.splitlines()))
    assert [row["final"] for row in table if row["id"] in ("amy", "nobody", "zoe")] == [
        "30",
        "",
        "4",
    ]
    assert '"final": 30' in run("grades", reports, "--format", "json").output


def test_a_damaged_class_file_is_not_passed_over(reports) -> None:
    (reports / "results.json").write_text('{"grades": [')
    assert "results.json is damaged" in refused("grades", reports)


def test_one_students_folder_is_enough(reports) -> None:
    assert '"grader/results/v1"' in run("grades", reports / "amy", "--format", "json").output


def test_damaged_or_absent_scorecards_are_one_line(reports, tmp_path) -> None:
    assert "is not a folder" in refused("grades", tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    assert "holds no scorecards" in refused("grades", tmp_path / "empty")
    record = reports / "ben" / "scorecard.json"
    for damage in ('{"schema": "grader/scorecard/v1"', "[]", '{"schema": "other/v1"}'):
        record.write_text(damage)
        assert f"{record} is damaged" in refused("grades", reports)
        assert f"{record} is damaged" in refused("handback", reports, "--out", tmp_path / "hb")
    assert not (tmp_path / "hb").exists()


def test_a_wrong_roster_writes_nothing(reports, tmp_path) -> None:
    roster, out = tmp_path / "roster.csv", tmp_path / "canvas.csv"
    out.write_text("before")
    roster.write_text("Student,ID,Section\nAmy,1,S\n")
    arguments = ("grades", reports, "--format", "canvas", "--out", out, "--roster")
    assert "on no row of" in refused(*arguments, roster)
    assert "cannot be read" in refused(*arguments, tmp_path / "absent.csv")
    assert out.read_text() == "before"
    assert run(*arguments, roster, "--skip-unknown").exit_code == 0
    assert out.read_text().splitlines()[2] == "Amy,1,S,37.00"


def test_grades_are_not_written_over_a_folder(reports, tmp_path) -> None:
    assert "is a folder" in refused("grades", reports, "--out", tmp_path)


@pytest.mark.parametrize("name", ["classroom50", "github", "gradescope"])
def test_an_export_fills_a_new_folder_and_never_another(tmp_path, name: str) -> None:
    out = tmp_path / "out"
    arguments = ("export", name, "--assignment", "backprop_ninja", "--out", out)
    done = run(*arguments)
    assert done.exit_code == 0
    assert (out / "README.md").is_file()
    before = content(out)
    assert "is not empty: nothing was written" in refused(*arguments)
    assert content(out) == before


def test_files_are_never_written_over_others(tmp_path) -> None:
    write_files(tmp_path / "out", {"a/b": File(b"1", executable=True)})
    with pytest.raises(UsageError, match="is not empty"):
        write_files(tmp_path / "out", {"a/b": File(b"2")})
    assert content(tmp_path / "out") == {"a/b": b"1"}
    assert (tmp_path / "out" / "a" / "b").stat().st_mode & 0o111


def test_a_disk_that_refuses_is_the_machines_fault(tmp_path) -> None:
    with pytest.raises(InfrastructureError, match="cannot be written"):
        write_files(tmp_path / "out", {"a": File(b""), "a/b": File(b"")})


def test_an_export_of_what_is_not_there_is_one_line(tmp_path) -> None:
    out = tmp_path / "out"
    assert "assignment 'absent' was not found" in refused(
        "export", "github", "--assignment", "absent", "--out", out
    )
    assert "there is no bundle 'gitlab'" in refused(
        "export", "gitlab", "--assignment", "backprop_ninja", "--out", out
    )
    out.write_text("a file")
    assert "is a file" in refused(
        "export", "github", "--assignment", "backprop_ninja", "--out", out
    )
    assert out.read_text() == "a file"


def test_everybody_gets_back_their_own_and_nothing_of_the_class(reports, tmp_path) -> None:
    (reports / "amy" / "assets").mkdir()
    (reports / "amy" / "assets" / "plot.png").write_bytes(b"png")
    (reports / "amy" / "notes-of-the-instructor.txt").write_text("secret")
    (reports / "amy" / "assets" / "link").symlink_to(reports / "ben" / "scorecard.json")
    out = tmp_path / "hb"
    assert run("handback", reports, "--out", out).exit_code == 0
    files = content(out)
    assert set(files) == {
        *(f"{who}/scorecard.{kind}" for who in STUDENTS for kind in ("html", "json")),
        "amy/assets/plot.png",
    }
    for name, text in files.items():
        for who in STUDENTS:
            assert name.startswith(who) or who.encode() not in text.split(b"<style>")[0]
            assert name.startswith(who) or f"submissions/{who}/".encode() not in text
    assert "is not empty" in refused("handback", reports, "--out", out)


def test_everybody_gets_back_a_zip(reports, tmp_path) -> None:
    out = tmp_path / "hb"
    assert run("handback", reports, "--out", out, "--zip").exit_code == 0
    assert set(content(out)) == {f"{who}.zip" for who in STUDENTS}
    with zipfile.ZipFile(out / "ben.zip") as archive:
        assert archive.namelist() == ["scorecard.html", "scorecard.json"]
        record = archive.read("scorecard.json")
    assert record == (reports / "ben" / "scorecard.json").read_bytes()


def test_results_are_handed_on_without_torch(reports, tmp_path) -> None:
    code = (
        "import sys\nfrom grader.cli.main import cli\n"
        f"for arguments in (['grades', {str(reports)!r}, '--format', 'markdown'],\n"
        f"    ['handback', {str(reports)!r}, '--out', {str(tmp_path / 'hb')!r}],\n"
        f"    ['export', 'github', '--assignment', 'backprop_ninja', '--out', {str(tmp_path / 'gh')!r}]):\n"
        "    cli(arguments, standalone_mode=False)\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
