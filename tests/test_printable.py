"""Text of a student's on a terminal or in a log."""

import json
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.printable import printable, printable_json

COMMANDS = (
    "::error::x",
    "::set-env name=a::b",
    "##[error]x",
    "##vso[task.complete]",
    "##teamcity[",
)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("before", ["", "x.ipynb: ", "\r\n", "\x1b[2K", "::", "##"])
def test_no_text_commands_a_ci_service(before, command) -> None:
    line = printable(before + command)
    assert not re.search(r"::[A-Za-z]|##\w*\[", line)


@given(st.text())
def test_a_line_is_one_line_that_drives_no_terminal(text) -> None:
    line = printable(text)
    assert line.isprintable()
    line.encode()


def test_a_line_is_not_endless_and_slices_stay_legible() -> None:
    assert len(printable("x" * 10_000_000)) == 2000
    assert printable("x[::2] and a ## b") == "x[::2] and a ## b"


@given(st.text(st.characters(codec="utf-8")))
def test_json_says_the_same_and_can_be_looked_at(text) -> None:
    line = printable_json(json.dumps([text], ensure_ascii=False).encode())
    assert json.loads(line) == [text]
    assert line.decode().isprintable()
    assert b"##" not in line


def test_a_terminal_without_the_letters_of_a_name_gets_their_codes() -> None:
    program = (
        "import click; from grader.cli import main; from grader.cli.main import cli\n"
        "cli.add_command(click.Command('say', callback=lambda: print('José …')))\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "say"],
        env={"PYTHONIOENCODING": "ascii:strict"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"Jos\\xe9 \\u2026\n"
