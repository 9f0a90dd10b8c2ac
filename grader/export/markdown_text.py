"""Untrusted text in Markdown: it shows as it was written and does nothing."""

from __future__ import annotations

import html
import re

from grader.report.visible import cut, flat, visible

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&@:$^=])")
_BREAK = "\u200b"
"""Zero-width space: what follows is no mention, issue number or address any more."""
_REFERENCE = re.compile(r"(@|#|://|www\.|GH-)(?=\S)", re.IGNORECASE)


def inline(text: str, limit: int = 600) -> str:
    """For a paragraph or a cell of a table, on one line."""
    line = cut(flat(_whole(text)), limit)
    broken = _REFERENCE.sub(lambda match: f"{match[1]}{_BREAK}", line)
    return _PUNCTUATION.sub(r"\\\1", broken)


def code(text: str, limit: int = 120) -> str:
    """The same as code; backticks could be closed by the text itself."""
    return f"<code>{inline(text, limit)}</code>"


def summary(text: str, limit: int = 200) -> str:
    """For the inside of an HTML block, where backslashes mean nothing."""
    line = cut(flat(_whole(text)), limit)
    return html.escape(_REFERENCE.sub(lambda match: f"{match[1]}{_BREAK}", line))


def block(text: str, limit: int = 4000) -> str:
    """A fenced block; its fence is longer than any run of backticks in the text."""
    shown = cut(_whole(text), limit)
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown}\n{fence}"


def _whole(text: str) -> str:
    shown: str = visible(text)
    return shown.encode("utf-8", "backslashreplace").decode()
