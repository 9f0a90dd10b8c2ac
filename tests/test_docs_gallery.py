"""docs/gallery.md holds every bundled assignment, with what its manifest says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

from grader.assignment import load_assignment
from grader.student.starting import start

PAGE = (ROOT / "docs" / "gallery.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|\n ").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| `")
]
FOLDERS = sorted(path.parent for path in (ROOT / "assignments").glob("*/assignment.toml"))
NAMES = {folder.name for folder in FOLDERS}


def test_every_assignment_has_one_row_and_no_other_has_one() -> None:
    assert sorted(row[0].strip("`") for row in ROWS) == sorted(NAMES)


@pytest.mark.parametrize("row", ROWS, ids=[row[0].strip("`") for row in ROWS])
def test_a_row_says_what_the_assignment_is(row: list[str], tmp_path: Path) -> None:
    name, what, kind, gradients, begin = row
    assignment = load_assignment(ROOT / "assignments" / name.strip("`"))
    exercises = assignment.spec.exercises
    assert what
    engine = "torch" if assignment.spec.functions.engine == "torch" else "NumPy"
    scripted = {each.kind for each in exercises} == {"script"}
    assert kind == ("script" if scripted else f"functions, {engine}")
    count = sum(len(each.targets) for each in exercises)
    assert gradients == f"{count} in {len(exercises)} exercise{'s' if len(exercises) > 1 else ''}"
    command = re.fullmatch(r"`grader start (\w+)`", begin)
    assert command is not None
    assert start(command[1], tmp_path)
    assert command[1] == assignment.name


def test_each_has_what_the_page_promises() -> None:
    for name in NAMES:
        assert list((ROOT / "solutions" / name).iterdir()), name
        assert list((ROOT / "assignments" / name / "examples").iterdir()), name
    assert (ROOT / "docs" / re.findall(r"!\[[^\]]*\]\((.*?)\)", PAGE)[0]).is_file()
