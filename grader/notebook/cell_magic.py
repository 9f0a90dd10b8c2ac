"""Cells that begin with `%%`: what of them runs in the student's namespace."""

from __future__ import annotations

import re

_HEAD = re.compile(r"[ \t]*%%(?P<name>[A-Za-z!][\w.]*)?[ \t]*(?P<rest>.*)")

SAME_NAMESPACE = frozenset({"time", "capture", "prun"})
"""Their body runs as the cell itself would. That of `%%timeit` runs in a function of its own,
that of `%%bash` elsewhere."""
WRITES_FILE = frozenset({"writefile", "file"})


def without_cell_magic(source: str) -> str:
    """`source` of as many lines, without a cell magic at its top."""
    lines = source.split("\n")
    at = 0
    while at < len(lines):
        head = _HEAD.fullmatch(lines[at])
        if head is None and lines[at].strip():
            break
        if head is not None:
            if head["name"] not in SAME_NAMESPACE:
                return "\n".join(lines[:at] + _replaced(head, lines[at:]))
            lines[at] = f"# {lines[at].strip()}"
        at += 1
    return "\n".join(lines)


def _replaced(head: re.Match[str], lines: list[str]) -> list[str]:
    if head["name"] not in WRITES_FILE:
        return [f"# {line}" for line in lines]
    body = "".join(f"{line}\n" for line in lines[1:])
    call = f"get_ipython().run_cell_magic('writefile', {head['rest'].strip()!r}, {body!r})"
    return [call, *[""] * (len(lines) - 1)]
