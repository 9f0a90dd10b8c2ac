"""What students' code prints: kept up to a limit, never on the grader's own terminal."""

import io
import os
import sys

DROPPED = "\n… further output was dropped\n"


class BoundedText(io.TextIOBase):
    """A text stream that keeps the first `limit` characters of a run."""

    encoding = "utf-8"

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._left = limit
        self._parts: list[str] = []

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        """Keep what fits; the first text that does not fit leaves a marker."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self._left >= 0:
            self._parts.append(text[: self._left])
            if len(text) > self._left:
                self._parts.append(DROPPED)
            self._left -= len(text)
        return len(text)

    def take(self) -> str:
        """What was written since the last call, lines as a terminal would show them."""
        text = "".join(self._parts)
        self._parts.clear()
        return overwritten(text) if "\r" in text else text


def overwritten(text: str) -> str:
    """Lines without what a later part of them was written over: up to the last return.

    A return that ends a line is part of its end. By hand, as a pattern takes time with the
    square of a line's length.
    """
    *lines, last = text.split("\n")
    kept = []
    for line in lines:
        end = "\r" if line.endswith("\r") else ""
        kept.append(line.removesuffix("\r").rpartition("\r")[2] + end)
    return "\n".join([*kept, last.rpartition("\r")[2]])


def install(limit_kb: int) -> BoundedText:
    """Put one bounded stream in the place of stdout and stderr, nothing in that of stdin."""
    stream = BoundedText(limit_kb << 10)
    sys.stdout = sys.stderr = stream
    sys.stdin = io.StringIO()
    return stream


def silence_descriptors(*descriptors: int) -> None:
    """Point `descriptors` to nothing: what C code reads is empty, what it prints is lost."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(null, descriptor)
    if null > 2:
        os.close(null)
