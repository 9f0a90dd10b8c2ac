"""A cell that Python cannot read because of a line or two: what stands around them.

A student's unfinished last line does not undo the lines above it. What is left out is said.
"""

from __future__ import annotations

import ast
import re

import msgspec

from grader.notebook.syntax import SyntaxProblem, parse

MAX_LINES = 3
"""Lines that are left out of one cell; a text with more is no program with a slip."""
MAX_PRINTS = 100
_PRINT = re.compile(r"\s*print\s+[^(\s=]")
"""`print x` of Python 2, which no value depends on, does not count among these."""
_EMPTY = re.compile(r"expected an indented block after .* on line (\d+)")
"""What is still to be written: `for t in range(T):` with nothing but comments below it."""


class Repaired(msgspec.Struct, frozen=True):
    """A cell without what is no Python in it, each statement on its own line still."""

    source: str
    problem: SyntaxProblem
    """Of the first line that was left out."""


def repaired(source: str, problem: SyntaxProblem) -> Repaired | None:
    """The cell without the lines that cannot be read, and with blocks that are to be written still
    as empty ones; None if that is not enough.

    Only a cell of which a statement is left is worth it.
    """
    text, fault = source, problem
    if fault.message.startswith("TabError"):
        text = tabs_as_spaces(source, 8)  # what Python 2 takes it for
        again = parse(text)
        if isinstance(again, ast.Module):
            return Repaired(text, problem)
        seen = tabs_as_spaces(source, 4)  # what many editors show
        if isinstance(parse(seen), ast.Module):
            return Repaired(seen, problem)
        problem = fault = again
    lines = prints = 0
    while lines < MAX_LINES and prints < MAX_PRINTS:
        printed = _PRINT.match(text.split("\n")[fault.line - 1])
        lines, prints = (lines, prints + 1) if printed else (lines + 1, prints)
        empty = _EMPTY.search(fault.message)
        text = _with_body(text, int(empty[1])) if empty else _without(text, fault.line)
        result = parse(text)
        if isinstance(result, ast.Module):
            left = any(not isinstance(node, ast.Pass) for node in result.body)
            return Repaired(text, problem) if left else None
        if result.line < fault.line:
            return None  # it is no slip of one line
        fault = result
    return None


def dedented(source: str) -> str:
    """A cell that is indented as a whole, comments at the margin left where they are."""
    lines = source.split("\n")
    code = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    margin = min((len(line) - len(line.lstrip(" \t")) for line in code), default=0)
    return "\n".join(line[margin:] if line[:margin].isspace() else line for line in lines)


def _with_body(source: str, number: int) -> str:
    """The text with a statement behind the head of a block that has none."""
    lines = source.split("\n")
    lines[number - 1] = lines[number - 1].partition("#")[0].rstrip() + " pass"
    return "\n".join(lines)


def tabs_as_spaces(source: str, width: int) -> str:
    """A cell indented with tabs and spaces by turns, which Python 3 does not read, each tab to the
    next column that `width` divides.
    """
    lines = source.split("\n")
    margins = [line[: len(line) - len(line.lstrip(" \t"))] for line in lines]
    return "\n".join(
        margin.expandtabs(width) + line[len(margin) :]
        for margin, line in zip(margins, lines, strict=True)
    )


def _without(source: str, number: int) -> str:
    """The text with one line emptied; a block is not left without a statement."""
    lines = source.split("\n")
    line = lines[number - 1]
    lines[number - 1] = line[: len(line) - len(line.lstrip())] + "pass"
    return "\n".join(lines)
