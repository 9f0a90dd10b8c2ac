"""Text for terminals and logs that may hold something a student chose."""

from __future__ import annotations


def printable(text: str, *, limit: int = 2000) -> str:
    """One line without control characters, so that no name or error can drive a terminal
    or forge a line of a log.
    """
    flat = "".join(char if char.isprintable() else " " for char in text)
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
