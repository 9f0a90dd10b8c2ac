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
