"""Ids: readable, unique regardless of case, and safe as the name of one folder anywhere."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

MAX_LENGTH = 80
_MAX_BYTES = 200
"""File systems count bytes: 255 of them, and a suffix may follow."""

_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.ASCII)
_OF_FILES = (".csv", ".db", ".html", ".json", ".tmp", ".xml", ".zip")
"""What files beside the folders may end in: index.html, gradebook.db, what is exported."""
_DIGITS = re.compile(r"([0-9]+)")


def natural(text: str) -> list[tuple[int, str]]:
    """A sort key that puts `lab2` before `lab10`, regardless of case."""
    pieces = _DIGITS.split(text.casefold())
    return [
        (len(piece.lstrip("0")), piece) if index % 2 else (0, piece)
        for index, piece in enumerate(pieces)
    ]


def safe_id(name: str) -> str:
    """`name` reduced to letters, digits and `._-`; "student" where nothing is left.

    Letters of every script stay, with their combining marks: `José`, `हिन्दी`.
    """
    composed = unicodedata.normalize("NFKC", name)
    kept = "".join(c if _is_kept(c) else "_" for c in composed)
    kept = _shorten(re.sub(r"_{2,}", "_", kept).lstrip("._-"), MAX_LENGTH)
    if not any(c.isalnum() for c in kept):
        return "student"
    first = kept.casefold().partition(".")[0].rstrip("_")
    if _DEVICES.fullmatch(first) or kept.casefold().endswith(_OF_FILES):
        return _shorten(f"id_{kept}", MAX_LENGTH)
    return kept


class Names:
    """Hands out ids, each once; linear in their number."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._next: Counter[str] = Counter()

    def claim(self, wanted: str, origin: str) -> tuple[str, str | None]:
        """The id that `origin` gets for the safe id `wanted`, and who had that already."""
        owner = self._owners.get(_fold(wanted))
        given = wanted
        while _fold(given) in self._owners:
            self._next[_fold(wanted)] += 1
            suffix = f"-{self._next[_fold(wanted)] + 1}"
            given = _shorten(wanted, MAX_LENGTH - len(suffix)) + suffix
        self._owners[_fold(given)] = origin
        return given, owner


def _is_kept(character: str) -> bool:
    return character in "._-" or unicodedata.category(character)[0] in "LMN"


def _fold(name: str) -> str:
    return unicodedata.normalize("NFKC", name.casefold())


def _shorten(text: str, length: int) -> str:
    short = text[:length].encode()[:_MAX_BYTES].decode(errors="ignore")
    return short.rstrip("._-")
