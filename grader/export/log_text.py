"""Text for the log of a GitHub workflow, where lines can be commands.

The runner obeys `::command::` at the start of a line and `##[command]` anywhere in one.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from grader.printable import printable

_DATA: dict[str, str | int | None] = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY: dict[str, str | int | None] = {**_DATA, ":": "%3A", ",": "%2C"}


def loggable(text: str, *, limit: int = 400) -> str:
    """One line that no runner takes for a command, wherever it is printed."""
    line = printable(text, limit=limit)
    return line.replace("::", ": :").replace("##[", "## [")


def command(name: str, message: str, **properties: str) -> str:
    """A workflow command: `::warning file=a.ipynb,line=3::message`."""
    pairs = ",".join(f"{key}={_escaped(text, _PROPERTY)}" for key, text in properties.items())
    head = f"{name} {pairs}" if pairs else name
    return f"::{head}::{_escaped(message, _DATA)}"


@contextmanager
def no_commands() -> Iterator[None]:
    """While this lasts, the runner takes no line for a command: its end cannot be guessed."""
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        print(f"\n::{token}::", flush=True)


def step_output(name: str, text: str) -> str:
    """The lines that set an output of a step in the file `$GITHUB_OUTPUT`.

    The delimiter is drawn at random: no text can end its own value and set another.
    """
    delimiter = f"end-{secrets.token_hex(16)}"
    whole = text.encode("utf-8", "backslashreplace").decode()
    return f"{name}<<{delimiter}\n{whole}\n{delimiter}\n"


def output_line(name: str, text: str) -> str:
    """The same in the one-line form, for a program that reads the file line by line itself."""
    return f"{name}={loggable(text)}\n"


def _escaped(text: str, table: dict[str, str | int | None]) -> str:
    whole = text.encode("utf-8", "backslashreplace").decode()
    return whole.replace("##[", "## [").translate(str.maketrans(table))
