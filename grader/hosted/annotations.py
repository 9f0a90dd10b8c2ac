"""Where the student's lines stand in the files of the repository, and what to say there."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

from grader.export import target_text
from grader.export.log_text import command
from grader.records.scorecard import Scorecard, TargetScore

MAX_BYTES = 32 << 20
"""Of a file that is looked through for its lines."""
MAX_ANNOTATIONS = 10
"""GitHub shows no more of one kind in a step."""
_decoder = json.JSONDecoder(strict=False)


def annotated(card: Scorecard, checkout: Path) -> Iterator[str]:
    """Workflow commands, one for each mistake of the student's own, at its first line."""
    mistakes = [row for _, row in target_text.targets_of(card) if target_text.is_own_mistake(row)]
    lines = _Lines(checkout / card.source.path)
    for target in mistakes[:MAX_ANNOTATIONS]:
        title = f"{target.name}: {target_text.label(target)}"
        message = " ".join(target_text.reasons(target)) or title
        yield command(
            "warning",
            message[:2000],
            file=card.source.path,
            line=str(lines.of(target)),
            title=title[:200],
        )


class _Lines:
    """Line numbers of a file on disk; of a notebook, in its JSON."""

    def __init__(self, path: Path) -> None:
        self._notebook = path.suffix.lower() == ".ipynb"
        self._text: list[str] = []
        self._cells: list[list[int]] = []
        try:
            text = path.read_text(encoding="utf-8-sig") if path.stat().st_size < MAX_BYTES else ""
            if self._notebook:
                self._cells = source_lines(text)
            else:
                self._text = [line.strip() for line in text.splitlines()]
        except (OSError, ValueError, RecursionError):
            return  # then everything is said at the top of the file

    def of(self, target: TargetScore) -> int:
        if target.line is None:
            return 1
        if not self._notebook and target.cell is None:
            return target.line
        try:
            if self._notebook:
                lines = self._cells[target.cell or 0]
                return lines[min(target.line, len(lines)) - 1]
            # A script's cells count their lines anew: the line is found by what it says.
            return self._text.index(target.lines[0].text.strip()) + 1
        except (IndexError, ValueError):
            return 1


def source_lines(text: str) -> list[list[int]]:
    """For each cell of a notebook's JSON, the line of the file in which each of its source's
    lines stands. Raises ValueError for JSON that is no notebook.
    """
    breaks = [place for place, character in enumerate(text) if character == "\n"]
    cells = []
    for start in _elements(text, _member(text, _skip(text, 0), "cells")):
        source = _member(text, start, "source")
        places = _elements(text, source) if text[source] == "[" else [source]
        cells.append([bisect_left(breaks, place) + 1 for place in places])
    return cells


def _member(text: str, start: int, wanted: str) -> int:
    """Where the value of the key `wanted` begins in the object at `start`."""
    place = _open(text, start, "{")
    while text[place : place + 1] == '"':
        key, place = _decoder.raw_decode(text, place)
        place = _skip(text, _open(text, _skip(text, place), ":"))
        if key == wanted:
            return place
        place = _next(text, _decoder.raw_decode(text, place)[1])
    raise ValueError(f"there is no {wanted}")


def _elements(text: str, start: int) -> Iterator[int]:
    """Where each element of the array at `start` begins."""
    place = _open(text, start, "[")
    while text[place : place + 1] not in ("]", ""):
        yield place
        place = _next(text, _decoder.raw_decode(text, place)[1])


def _open(text: str, place: int, character: str) -> int:
    if text[place : place + 1] != character:
        raise ValueError(f"{character} is missing at {place}")
    return _skip(text, place + 1)


def _next(text: str, place: int) -> int:
    place = _skip(text, place)
    return _skip(text, place + 1) if text[place : place + 1] == "," else place


def _skip(text: str, place: int) -> int:
    while text[place : place + 1] in {" ", "\t", "\n", "\r"}:
        place += 1
    return place
