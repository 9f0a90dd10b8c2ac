from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec
import pytest
import report_cards as cards

from grader.errors import UsageError
from grader.export import ExportOptions, format_named, read_roster
from grader.records.scorecard import Scorecard

HEAD = "Student,ID,SIS User ID,SIS Login ID,Section,Becoming a backprop ninja (4711)"
CANVAS = f"""\ufeff{HEAD}
    Points Possible,,,,,37.00
"Lee, Amy",101,u1,amy@uni.example,S1,
"Okafor, Ben",102,u2,okafor-ben,S1,12
"Zhang, Wei",103,u3,zhang-wei,S2,
"=HYPERLINK(""x"")",104,u4,nobody,S2,
"""


def roster_file(folder: Path, text: str = CANVAS) -> Path:
    path = folder / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return path


def named(card: Scorecard, identity: str, path: str = "x.ipynb") -> Scorecard:
    source = msgspec.structs.replace(card.source, path=path)
    return msgspec.structs.replace(card, id=identity, source=source)


def exported(folder: Path, some: list[Scorecard], text: str = CANVAS, **options) -> list[list[str]]:
    roster = read_roster(roster_file(folder, text))
    written = format_named("canvas").write(some, ExportOptions(roster=roster, **options))
    return list(csv.reader(io.StringIO(written), strict=True))


CLASS = [named(cards.mixed(), "amy"), cards.right(), cards.ungraded()]


def test_canvas_gets_its_columns_in_its_order_and_two_decimals(tmp_path) -> None:
    head, possible, *rows = exported(tmp_path, CLASS)
    assert head == HEAD.split(",")
    assert possible == ["    Points Possible", "", "", "", "", "37.00"]
    assert [row[-1] for row in rows] == ["21.50", "37.00", "", ""]
    assert rows[0][:5] == ["Lee, Amy", "101", "u1", "amy@uni.example", "S1"]


def test_a_grade_of_the_ungraded_and_of_the_absent_is_left_as_it_is(tmp_path) -> None:
    rows = exported(tmp_path, CLASS)
    assert rows[4][-1] == "", "ungraded is no zero"
    assert rows[5][-1] == ""


def test_a_name_that_a_spreadsheet_would_compute_is_text(tmp_path) -> None:
    assert exported(tmp_path, CLASS)[5][0] == '\'=HYPERLINK("x")'


def test_the_column_is_named_by_the_option_or_the_roster_or_the_title(tmp_path) -> None:
    assert exported(tmp_path, CLASS, column="HW (9)")[0][-1] == "HW (9)"
    bare = CANVAS.replace(",Becoming a backprop ninja (4711)", "")
    assert exported(tmp_path, CLASS, bare)[0][-1] == "Becoming a backprop ninja"


@pytest.mark.parametrize("identity", ["101", "u1", "amy", "LeeAmy", "Lee_Amy", "Amy_Lee"])
def test_a_student_is_found_by_number_login_or_name(tmp_path, identity: str) -> None:
    assert exported(tmp_path, [named(cards.mixed(), identity)])[2][-1] == "21.50"


def test_canvas_number_in_a_downloads_name_decides_between_namesakes(tmp_path) -> None:
    twins = f'{HEAD}\n"Lee, Amy",101,,,S1,\n"Lee, Amy",205,,,S1,\n'
    downloaded = named(cards.mixed(), "leeamy", "class.zip!leeamy_205_9001_work.ipynb")
    assert [row[-1] for row in exported(tmp_path, [downloaded], twins)[2:]] == ["", "21.50"]
    with pytest.raises(UsageError, match="leeamy fits several rows"):
        exported(tmp_path, [named(cards.mixed(), "leeamy")], twins)


def test_a_column_of_ones_own_tells_whose_a_submission_is(tmp_path) -> None:
    text = 'Student,ID,Section,Submission\n"Lee, Amy",101,S1,gh-octocat\n'
    rows = exported(tmp_path, [named(cards.mixed(), "gh-octocat")], text)
    assert rows[0] == ["Student", "ID", "Section", "Becoming a backprop ninja"]
    assert rows[2][-1] == "21.50"


def test_a_column_of_ones_own_decides_against_a_name(tmp_path) -> None:
    text = 'Student,ID,Section,Submission\n"amy",101,S1,\n"Ben",102,S1,Amy\n'
    rows = exported(tmp_path, [named(cards.mixed(), "amy")], text)
    assert [row[-1] for row in rows[2:]] == ["", "21.50"]


def test_an_id_on_no_row_is_named_and_left_out_only_when_asked(tmp_path) -> None:
    stranger = named(cards.mixed(), "stranger")
    with pytest.raises(UsageError, match=r"on no row of .*roster.csv: stranger"):
        exported(tmp_path, [*CLASS, stranger])
    assert len(exported(tmp_path, [*CLASS, stranger], skip_unknown=True)) == 6


def test_two_submissions_of_one_student_are_refused(tmp_path) -> None:
    with pytest.raises(UsageError, match="amy and LeeAmy are both Lee, Amy"):
        exported(tmp_path, [named(cards.mixed(), "amy"), named(cards.right(), "LeeAmy")])


def test_a_roster_without_its_columns_says_which_are_there_and_which_are_wanted(tmp_path) -> None:
    with pytest.raises(UsageError) as caught:
        read_roster(roster_file(tmp_path, "Name,ID,Mail\nAmy,1,a@b\n"))
    assert "no column Student nor Section (there: Name, ID, Mail; wanted: Student, ID" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "there: none"), (b"\xff\xfeS\0", "not UTF-8"), (b'Student,ID,Section\n"a,b', "CSV")],
)
def test_a_roster_that_is_none_is_refused(tmp_path, content: bytes, said: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said):
        read_roster(path)


def test_a_roster_with_semicolons_is_read(tmp_path) -> None:
    text = 'Student;ID;Section\n"Lee, Amy";101;S1\n'
    assert read_roster(roster_file(tmp_path, text)).rows[0].cells["ID"] == "101"


def test_canvas_needs_a_roster_and_one_assignment(tmp_path) -> None:
    with pytest.raises(UsageError, match="--roster"):
        format_named("canvas").write(CLASS, ExportOptions())
    other = msgspec.structs.replace(named(cards.right(), "okafor-ben"), assignment="other")
    with pytest.raises(UsageError, match="different assignments"):
        exported(tmp_path, [CLASS[0], other])
