"""What lands in the output folder, and what of it goes away again."""

from __future__ import annotations

import csv
import os
import stat
from pathlib import Path

import msgspec
import pytest
import report_cards as cards

from grader.errors import InfrastructureError, UsageError
from grader.records.scorecard import Scorecard
from grader.report import Entry, Overview, Reports, Results
from grader.report.atomic_write import remove_abandoned, write_whole
from grader.report.grades import defused, grades_csv
from grader.report.removal import remove_reports


def entries(*some):
    return [Entry(card) for card in some]


@pytest.fixture
def out(tmp_path):
    return tmp_path / "reports"


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_submission_gets_a_page_and_its_record(out) -> None:
    page = Reports(out).write_scorecard(cards.right())
    assert page == out / "okafor-ben" / "scorecard.html"
    assert "okafor-ben" in page.read_text("utf-8")
    record = page.with_name("scorecard.json").read_bytes()
    assert msgspec.json.decode(record, type=Scorecard) == cards.right()
    assert names(out) == ["okafor-ben/scorecard.html", "okafor-ben/scorecard.json"]


def test_a_class_gets_index_grades_and_results(out) -> None:
    index = Reports(out).write_class(entries(*cards.roster()), "Group B")
    assert index == out / "index.html"
    assert names(out) == ["grades.csv", "index.html", "results.json"]
    results = msgspec.json.decode((out / "results.json").read_bytes(), type=Results)
    assert results.schema == "grader/results/v1"
    assert results.assignment == "backprop_ninja"
    assert [card.id for card in results.scorecards] == [card.id for card in cards.roster()]


def test_results_name_no_assignment_where_there_are_several(out) -> None:
    other = msgspec.structs.replace(cards.right(), assignment="another")
    Reports(out).write_class(entries(cards.mixed(), other), "Mixed")
    assert msgspec.json.decode((out / "results.json").read_bytes())["assignment"] is None


def test_the_grades_have_one_column_per_exercise_and_no_zero_for_the_ungraded(out) -> None:
    Reports(out).write_class(entries(cards.mixed(), cards.ungraded(), cards.broken()), "Class")
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        mixed, ungraded, broken = csv.DictReader(file)
    assert list(mixed) == [
        "id", "path", "status", "run", "score", "max_score", "exercise-1", "exercise-2", "exercise-3", "reason",
    ]  # fmt: skip
    assert [mixed["score"], mixed["max_score"], mixed["exercise-1"], mixed["exercise-3"]] == [
        "21.5",
        "37",
        "17.5",
        "0",
    ]
    assert [ungraded["status"], ungraded["score"], ungraded["exercise-1"]] == ["ungraded", "", ""]
    assert "permission denied" in ungraded["reason"]
    assert [broken["status"], broken["score"], broken["run"]] == ["graded", "0", "not_run"]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'=1"),
        ("\rx", "'x"),
        ("\n=1", "'=1"),
        ("  =1", "'=1"),
        ("a\nb\r\nc", "a b c"),
        ("a=b", "a=b"),
        ("x;=1+1", "x;'=1+1"),
        ("x | ＝1", "x | '＝1"),
        ("a\x00b\x1b[31mc\x9b", "a b [31mc"),
        ("", ""),
    ],
)
def test_a_spreadsheet_computes_nothing(cell: str, written: str) -> None:
    assert defused(cell) == written


def test_every_line_of_the_grades_is_one_submission() -> None:
    other = msgspec.structs.replace(cards.mixed(), reason='a\nb\r,"c')
    text = "".join(grades_csv(Overview(entries(cards.hostile(), other)).rows))
    assert len(text.splitlines()) == 3
    assert {len(row) for row in csv.reader(text.splitlines())} == {11}


def test_reports_are_removed_with_what_a_crash_left_beside_them(out) -> None:
    Reports(out).write_scorecard(cards.right("amy"))
    (out / "amy" / ".scorecard.html.12ab.tmp").write_text("left by a crash")
    assert remove_reports(out / "amy")
    assert not (out / "amy").exists()
    assert remove_reports(out / "never-there")


@pytest.mark.parametrize("case", ["commented", "linked", "nested", "renamed", "empty", "broken"])
def test_a_folder_that_holds_anything_else_is_left_as_it_is(out, tmp_path, case: str) -> None:
    folder = out / case
    Reports(out).write_scorecard(cards.right(case))
    match case:
        case "commented":
            (folder / "feedback.md").write_text("well done")
        case "nested":
            (folder / "sub").mkdir()
        case "renamed":
            (folder / "scorecard.json").write_text('{"schema": "someone/else"}')
        case "linked":
            folder.rename(tmp_path / "elsewhere")
            folder.symlink_to(tmp_path / "elsewhere")
        case "empty":
            for file in folder.iterdir():
                file.unlink()
        case "broken":
            (folder / "scorecard.json").write_text("{")
    before = {*names(out), *names(tmp_path)}
    assert not remove_reports(folder)
    assert {*names(out), *names(tmp_path)} == before
    assert folder.exists()


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/etc",
        "a\0b",
        "Index.html",
        "grades.csv",
        "x/../y",
        "x" * 5000,
    ],
)
def test_an_id_that_leaves_the_folder_is_refused(out, tmp_path, name: str) -> None:
    reports = Reports(out)
    card = msgspec.structs.replace(cards.right(), id=name)
    with pytest.raises((UsageError, InfrastructureError)):
        reports.write_scorecard(card)
    assert list(tmp_path.rglob("*.html")) == []


def test_a_link_that_leads_out_of_the_folder_is_refused(out, tmp_path) -> None:
    (tmp_path / "elsewhere").mkdir()
    out.mkdir()
    (out / "amy").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="'amy' cannot name a folder"):
        Reports(out).write_scorecard(cards.right("amy"))
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_disk_that_refuses_is_the_machines_fault_and_leaves_no_draft(out) -> None:
    (out / "amy" / "scorecard.json").mkdir(parents=True)
    with pytest.raises(InfrastructureError, match=r"scorecard\.json cannot be written"):
        Reports(out).write_scorecard(cards.right("amy"))
    assert names(out) == []


def test_reports_are_readable_as_the_umask_says(out) -> None:
    page = Reports(out).write_scorecard(cards.right())
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(page.stat().st_mode) == 0o666 & ~mask


def test_text_that_no_utf8_file_can_hold_is_spelled_out(out) -> None:
    card = msgspec.structs.replace(cards.right("lone"), notes=["name\udce9.ipynb"], reason="\ud800")
    reports = Reports(out)
    page = reports.write_scorecard(card)
    reports.write_class(entries(card), "Class \udce9")
    assert r"name\udce9.ipynb" in page.read_text("utf-8")
    assert (
        msgspec.json.decode(page.with_name("scorecard.json").read_bytes(), type=Scorecard).reason
        == r"\ud800"
    )
    assert r"\ud800" in (out / "grades.csv").read_text("utf-8")
    assert r"\udce9" in (out / "index.html").read_text("utf-8")


def test_what_is_not_a_number_is_null_in_the_record(out) -> None:
    page = Reports(out).write_scorecard(cards.mixed())
    record = page.with_name("scorecard.json").read_text("utf-8")
    assert "NaN" not in record.replace("are NaN", "")
    card = msgspec.json.decode(record, type=Scorecard)
    assert next(t for t in card.exercises[0].targets if t.name == "dbnvar").max_diff is None


def test_a_draft_is_written_though_another_grader_takes_the_empty_folder_away(
    out, monkeypatch
) -> None:
    made = Path.mkdir
    turns = iter(range(3))

    def taken_away(path, *rest, **options):
        made(path, *rest, **options)
        if path.name == ".drafts" and next(turns, None) is not None:
            remove_abandoned(out)

    monkeypatch.setattr(Path, "mkdir", taken_away)
    write_whole(out, out / "page.html", ["whole"])
    assert (out / "page.html").read_text() == "whole"
