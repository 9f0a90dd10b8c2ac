"""Text for terminals and logs that may hold something a student chose."""

from __future__ import annotations

import re

_COMMAND = re.compile(r"::(?=[A-Za-z])|##(?=\w*\[)")
"""How a line commands a CI service: `::error::` (GitHub), `##[error]`, `##vso[…]` (Azure),
`##teamcity[…]`; after blanks too, as where a table breaks a line, or anywhere in it.
"""


def printable(text: str, *, limit: int = 2000) -> str:
    """One line without control characters and commands, so that no name or error can drive
    a terminal, forge a line of a log or tell a CI service what to do.
    """
    flat = "".join(char if char.isprintable() else " " for char in text[: limit + 1])
    flat = _COMMAND.sub(lambda found: " ".join(found[0]), flat)
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def printable_json(line: bytes) -> bytes:
    """JSON of one line that says the same and can be looked at: what does not print is escaped."""
    text = line.decode()
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _escaped(char) for char in text)
    return text.replace("##", "#\\u0023").encode()


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
