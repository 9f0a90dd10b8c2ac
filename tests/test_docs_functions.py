"""docs/functions.md, from nothing to a graded class: its files written, its commands run."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs" / "functions.md").read_text("utf-8")
FILE = re.compile(r"^\*\*`([^`\n]+)`\*\*\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^```sh\ngrader (.*?)\n```$", re.MULTILINE)
EARNED = re.compile(r"`ada` has (\d) of 3, `ben` (\d) .*?`chen` (\d)", re.DOTALL)
PATH = re.compile(r"`(assignments/(?!gates)[^`]+\.py)`")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where somebody has followed the page."""
    folder = tmp_path_factory.mktemp("fresh")
    for name, text in FILE.findall(PAGE):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    for command in COMMAND.findall(PAGE):
        run(command, folder)
    return folder


def run(command: str, folder: Path) -> None:
    called = [sys.executable, "-m", "grader", *shlex.split(command)]
    subprocess.run(called, cwd=folder, check=True, capture_output=True, timeout=300)


def scores(reports: Path) -> dict[str, float]:
    cards = map(Path.read_text, reports.glob("*/scorecard.json"))
    return {card["id"]: card["score"] for card in map(json.loads, cards)}


def test_the_class_of_the_page_earns_what_the_page_says(folder: Path) -> None:
    said = EARNED.search(PAGE)
    assert said is not None
    assert scores(folder / "reports") == dict(
        zip(("ada", "ben", "chen"), map(float, said.groups()), strict=True)
    )


def test_its_solution_earns_everything_and_its_starter_nothing(folder: Path) -> None:
    for name, path in (("whole", "solutions/gates"), ("empty", "assignments/gates/starter")):
        student = folder / name / "student" / "gates.py"
        student.parent.mkdir(parents=True)
        student.write_bytes((folder / path / "gates.py").read_bytes())
        run(f"grade {name} --assignment gates --out out-{name}", folder)
    assert scores(folder / "out-whole") == {"student": 3.0}
    assert scores(folder / "out-empty") == {"student": 0.0}


def test_the_page_points_to_files_that_are_there() -> None:
    named = PATH.findall(PAGE)
    assert named
    assert [path for path in named if not (ROOT / path).is_file()] == []
