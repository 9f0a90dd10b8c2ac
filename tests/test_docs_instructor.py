"""docs/instructor.md: its commands run, and every key of assignment.toml stands there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from grader.assignment.loader import TABLES
from grader.assignment.spec import Spec
from grader.cli.main import cli

PAGE = (Path(__file__).parents[1] / "docs" / "instructor.md").read_text("utf-8")
ANSWERS = """
dout = 2 * (out - Y) / n
dW2 = h.T @ dout
dh = dout @ W2.T
dhpre = dh * (1 - h**2)
db1 = dhpre.sum(0)
dW1 = X.T @ dhpre
"""


def keys() -> Iterator[str]:
    for kind in (Spec, *TABLES.values()):
        yield from (field.name for field in msgspec.structs.fields(kind))


def test_every_key_of_the_schema_is_on_the_page_and_no_other() -> None:
    table = PAGE.partition("## Every key")[2].partition("## How marks")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    first = "".join(row.split(" | ")[0] for row in rows)
    last = "".join(row for row in rows if "[gradescope]" in row or "[late]" in row)
    named = set(re.findall(r"`(\w+)`", first + last))
    tables = set(re.findall(r"\*\*`\[+(\w+)", table))
    assert set(keys()) == named | tables


def command(line: str) -> Result:
    found = CliRunner().invoke(cli, line.partition("#")[0].split()[1:])
    assert found.exit_code == 0, (line, found.output, found.exception)
    return found


def test_the_walk_from_nothing_to_a_graded_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    network, commands = (
        re.search(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) for kind in ("python", "sh")
    )
    assert network is not None
    assert commands is not None
    Path("network.py").write_text(network[1])
    lines = commands[1].strip().splitlines()
    for line in lines[:-1]:
        command(line)
    starter = Path("assignments/mine/starter.ipynb").read_text()
    assert "# YOUR CODE HERE" in starter
    Path("submissions").mkdir()
    for who, answers in (("ada", ANSWERS), ("bob", ANSWERS.replace("1 - h**2", "1 - h"))):
        text = starter.replace("# YOUR CODE HERE", json.dumps(answers)[1:-1])
        Path("submissions", f"{who}.ipynb").write_text(text)
    command(lines[-1])
    scores = [
        json.loads(Path("reports", who, "scorecard.json").read_text()) for who in ("ada", "bob")
    ]
    assert [card["score"] for card in scores] == [6, 5]
    assert scores[0]["integrity"] == []


def test_the_recorded_walk_goes_as_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    walk = PAGE.partition("## A recorded walk")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", walk, re.DOTALL | re.MULTILINE)
    network, answers = (text for kind, text in blocks if kind == "python")
    before, after = (text for kind, text in blocks if kind == "console")
    assert len(network.splitlines()) == int(re.search(r"(\d+) lines as", walk)[1])  # type: ignore[index]
    Path("block.py").write_text(network)
    replay(before)
    starter = Path("block.ipynb").read_text()
    Path("class").mkdir()
    branch = "dh = dres + dinner @ W2.T"
    assert branch in answers
    for who, text in (("ada", answers), ("ben", answers.replace(branch, "dh = dres"))):
        notebook = starter.replace("# YOUR CODE HERE", json.dumps(text)[1:-1])
        Path("class", f"{who}.ipynb").write_text(notebook)
    replay(after)
    card = json.loads(Path("reports", "ben", "scorecard.json").read_text())
    rows = [row for exercise in card["exercises"] for row in exercise["targets"]]
    assert [row["name"] for row in rows if row["step"] != "right"] == ["dh"]
    assert [row["diagnosis"] is not None for row in rows if row["name"] == "dh"] == [True]
    assert sum(row["basis"] == "follow_through" for row in rows) == 9


def replay(transcript: str) -> None:
    """Run each command, and find the lines below it in what it says."""
    for part in transcript.split("$ ")[1:]:
        line, *told = part.splitlines()
        said = command(line).output
        assert told
        assert [each for each in told if each.strip() not in said] == []
