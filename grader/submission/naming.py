"""Ids: readable, unique regardless of case, and safe as the name of one folder anywhere."""

from __future__ import annotations

import hashlib
import re
import unicodedata

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


def identity(name: str) -> str:
    """The id of whoever is called `name`: always the same, whoever else there is.

    Names of which nothing can be kept, or not all, are told apart by a digest.
    """
    plain = safe_id(name)
    if len(name) <= MAX_LENGTH and (plain != "student" or fold(name) == "student"):
        return plain
    digest = hashlib.blake2b(fold(name).encode("utf-8", "surrogateescape"), digest_size=4)
    return f"{_shorten(plain, MAX_LENGTH - 9)}-{digest.hexdigest()}"


def _is_kept(character: str) -> bool:
    return character in "._-" or unicodedata.category(character)[0] in "LMN"


def fold(name: str) -> str:
    """What is equal of two names that a file system or a class list may take for one."""
    return unicodedata.normalize("NFKC", name.casefold())


def _shorten(text: str, length: int) -> str:
    short = text[:length].encode()[:_MAX_BYTES].decode(errors="ignore")
    return short.rstrip("._-")
