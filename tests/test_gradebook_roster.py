"""Class lists as people and their spreadsheets write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.gradebook import read_roster


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "roster.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_roster_gives_names_times_and_everything_else(tmp_path: Path) -> None:
    text = "id,name,email,submitted_at,group\nada,Ada L.,a@x,2026-11-20T10:00Z,B\n\nben,,,,\n"
    roster = read_roster(write(tmp_path, text))
    ada, ben = roster.students
    assert (ada.id, ada.name, ada.email, ada.submitted_at) == (
        "ada",
        "Ada L.",
        "a@x",
        "2026-11-20T10:00Z",
    )
    assert ada.details == {"group": "B"}
    assert (ben.name, ben.submitted_at, ben.details) == (None, None, {})
    assert roster.problems == []


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffID;Name\r\nada;Ada\r\n",
        "Name\tId\nAda\tada\n",
        '"name" , "id"\n"Ada","ada"\n',
        "id,name,\nada,Ada,,,\n",
    ],
)
def test_spreadsheets_of_all_countries_are_read(tmp_path: Path, text: str) -> None:
    (student,) = read_roster(write(tmp_path, text)).students
    assert (student.id, student.name) == ("ada", "Ada")


def test_ids_become_what_submissions_are_called(tmp_path: Path) -> None:
    roster = read_roster(write(tmp_path, "id\nJosé García\n../../etc\n"))
    assert [student.id for student in roster.students] == ["José_García", "etc"]


def test_duplicates_and_lines_without_id_are_one_line_each(tmp_path: Path) -> None:
    roster = read_roster(write(tmp_path, "id,name\nada,first\n,nobody\nben,\nada,second\n"))
    assert [(s.id, s.name) for s in roster.students] == [("ada", "first"), ("ben", None)]
    no_id, twice = roster.problems
    assert no_id.endswith("roster.csv:3: has no id: left out")
    assert twice.endswith("roster.csv:5: ada is in line 2 already: that one counts")


def test_two_ids_that_become_one_are_duplicates(tmp_path: Path) -> None:
    roster = read_roster(write(tmp_path, "id\na/b\na_b\n"))
    assert len(roster.students) == 1
    assert "a_b is in line 2 already" in roster.problems[0]


def test_a_submission_of_nobody_on_the_roster_is_named(tmp_path: Path) -> None:
    roster = read_roster(write(tmp_path, "id\nada\n"))
    (line,) = roster.unknown(["ada", "eve"])
    assert line.startswith("eve handed in, but is not on the roster")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "has no column `id` .columns: none"),
        ("student,name\nada,Ada\n", "has no column `id` .columns: student, name"),
        ("id,name\nada,Andr\xe9\n".encode("latin-1"), "is not UTF-8: save it as"),
        ('id,name\nada,"' + "x" * 200_000 + '"\n', r"roster.csv:2: is not CSV .field larger"),
        (None, "cannot be read .No such file"),
    ],
)
def test_a_file_that_is_no_roster_is_one_line(
    tmp_path: Path, content: str | bytes | None, said: str
) -> None:
    path = tmp_path / "roster.csv" if content is None else write(tmp_path, content)
    with pytest.raises(UsageError, match=said) as caught:
        read_roster(path)
    assert "\n" not in str(caught.value)


def test_what_a_roster_says_cannot_drive_a_terminal(tmp_path: Path) -> None:
    roster = read_roster(write(tmp_path, "id,name\nada,\x1b[31mred\nada,\x07\n"))
    assert roster.students[0].name == " [31mred"
    assert "\x1b" not in "".join(roster.problems)
