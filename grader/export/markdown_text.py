"""Untrusted text in Markdown: it shows as it was written and does nothing."""

from __future__ import annotations

import html
import re

from grader.report.visible_text import cut, flat, visible

_PUNCTUATION = re.compile(r"([\\`*_\[\]<>#!|~&@$])")
_START = re.compile(r"^(?:(\d+)([.)])|([-+=:]))")
"""What makes a list, a heading or a table of a line that begins with it."""
_BREAK = "\u200b"
"""Zero-width space: what follows is no mention, issue number or address any more."""
_REFERENCE = re.compile(r"(@|#|://|www\.|GH-)(?=\S)", re.IGNORECASE)


def inline(text: str, limit: int = 600) -> str:
    """For a paragraph or a cell of a table, on one line."""
    line = cut(flat(_whole(text)), limit)
    parts = line.split("`")
    if len(parts) % 2 == 0:  # an odd one out is no pair
        return _escaped(line)
    # What stands between backticks is code, here as on the scorecard.
    return "".join(
        f"<code>{_escaped(part)}</code>" if i % 2 else _escaped(part)
        for i, part in enumerate(parts)
    )


def code(text: str, limit: int = 120) -> str:
    """The same as code; backticks could be closed by the text itself."""
    return f"<code>{_escaped(cut(flat(_whole(text)), limit))}</code>"


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


def _escaped(line: str) -> str:
    broken = _REFERENCE.sub(lambda match: f"{match[1]}{_BREAK}", line)
    return _START.sub(_harmless_start, _PUNCTUATION.sub(r"\\\1", broken))


def _harmless_start(match: re.Match[str]) -> str:
    return f"\\{match[3]}" if match[3] else f"{match[1]}\\{match[2]}"


def _whole(text: str) -> str:
    shown: str = visible(text)
    return shown.encode("utf-8", "backslashreplace").decode()
