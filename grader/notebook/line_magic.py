"""Lines that IPython runs and Python does not: `%matplotlib inline`, `!pip install x`, `f?`."""

from __future__ import annotations

import ast
import re

from grader.notebook.syntax import SyntaxProblem, parse

MAX_EFFORT = 40_000_000
"""About half a second. IPython reads the cell anew for each magic, and its tokenizer takes
time with the square of a line's length."""

_MAGIC = re.compile(r"(?P<indent>[ \t]*)%(?P<name>[A-Za-z_]\w*)(?: +(?P<rest>[^ ].*))?")
_SHELL = re.compile(r"(?P<indent>[ \t]*)!(?P<rest>[^!=].*)")
_TIME = re.compile(r"(?m)^(.*)get_ipython\(\)\.run_line_magic\('time', (.*)\)$")


def by_pattern(source: str) -> str | None:
    """`source` with magics and shell lines of the plain kinds as calls, without IPython.

    None if a line that looks so may be no statement: it stands in a string, or the
    cell holds something else that only IPython understands.
    """
    lines = source.split("\n")
    changed = {}
    for number, line in enumerate(lines):
        call = None if line.rstrip().endswith(("\\", "?")) else _plain_call(line)
        if call is not None:
            changed[number + 1] = lines[number] = call
    text = "\n".join(lines)
    tree = parse(text)
    if isinstance(tree, SyntaxProblem):
        return None
    begins = {node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt)}
    return text if changed.keys() <= begins else None


def by_ipython(source: str) -> str | None:
    """`source` as IPython reads it, of as many lines; None where it gives up."""
    lines = re.findall(r".*\n|.+\Z", source)
    blank = next((i for i, line in enumerate(lines) if line.strip()), 0)
    try:
        translated = "".join(lines[:blank] + _translated(lines[blank:]))
    except (SyntaxError, RuntimeError, ValueError, IndexError):
        return None
    text = translated[:-1] if translated.endswith("\n") > source.endswith("\n") else translated
    if text.count("\n") != source.count("\n"):
        return None
    timed = _TIME.sub(_timed, text)
    return text if isinstance(parse(timed), SyntaxProblem) else timed


def _plain_call(line: str) -> str | None:
    if match := _MAGIC.fullmatch(line):
        rest = (match["rest"] or "").rstrip()
        if match["name"] == "time":
            return f"{match['indent']}{rest or 'pass'}"
        return f"{match['indent']}get_ipython().run_line_magic({match['name']!r}, {rest!r})"
    if match := _SHELL.fullmatch(line):
        return f"{match['indent']}get_ipython().system({match['rest'].rstrip()!r})"
    return None


def _timed(match: re.Match[str]) -> str:
    """`%time statement` is the statement."""
    try:
        statement = ast.literal_eval(match[2])
    except (ValueError, SyntaxError):
        return match[0]
    return f"{match[1]}{statement or 'pass'}"


def _translated(lines: list[str]) -> list[str]:
    """IPython's steps for a cell without cell magic, such that no line moves."""
    from IPython.core.inputtransformer2 import (
        TransformerManager,
        classic_prompt,
        ipython_prompt,
        leading_indent,
    )

    for step in (leading_indent, classic_prompt, ipython_prompt):
        lines = step(lines)
    # These steps also split at form feeds and the like, where Python does not.
    lines = re.findall(r".*\n|.+\Z", "".join(lines))
    manager, effort, changed = TransformerManager(), 0, True
    while changed:
        effort += sum(1000 + len(line) * (250 + len(line)) for line in lines)
        if effort > MAX_EFFORT:
            raise ValueError("too many magics in too long a cell")
        changed, new = manager.do_one_token_transform(lines)
        lines = _padded(lines, new)
    return lines


def _padded(old: list[str], new: list[str]) -> list[str]:
    """`new` with blank lines after a command that went on over several lines in `old`."""
    pairs = enumerate(zip(old, new, strict=False), start=1)
    at = next((number for number, (was, now) in pairs if was != now), len(new))
    return [*new[:at], *["\n"] * (len(old) - len(new)), *new[at:]]
