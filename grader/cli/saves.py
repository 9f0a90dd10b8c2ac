"""Saves of one file, as editors make them: in place, in pieces, or by renaming another over it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

from grader.errors import InfrastructureError
from grader.submission.listing import NOTEBOOK, suffix_of

LOOK_EVERY = 1000
"""Milliseconds between two looks where the machine reports no changes, as on network drives."""
TOGETHER = 100
"""Milliseconds within which changes belong to one save."""
PAUSE, PATIENCE = 0.05, 20
"""Seconds between two readings of a file that is being written, and how many there are."""


def saves(path: Path) -> Iterator[bytes]:
    """The content of the file, now and after every save that changed it; ends with Ctrl-C.

    The folder is watched, not the file: an editor that renames leaves another file behind. A
    file that is not there, for a moment or for good, is waited for.
    """
    from watchfiles import watch

    last = settled(path)
    if last is not None:
        yield last
    try:
        for _ in watch(
            path.resolve().parent,
            watch_filter=None,
            recursive=False,
            debounce=TOGETHER,
            step=TOGETHER // 5,
            rust_timeout=LOOK_EVERY,
            yield_on_timeout=True,
        ):
            content = settled(path)
            if content is not None and content != last:
                last = content
                yield content
    except OSError as error:
        raise InfrastructureError(
            f"{path.parent} cannot be watched ({error}): try again with "
            "WATCHFILES_FORCE_POLLING=1 in the environment"
        ) from error


def settled(path: Path) -> bytes | None:
    """What the file holds once it is whole; after some patience, what it holds. None without it."""
    content = _read(path)
    for _ in range(PATIENCE):
        if content is not None and _is_whole(path, content) and _read(path) == content:
            break
        time.sleep(PAUSE)
        content = _read(path)
    return content


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _is_whole(path: Path, content: bytes) -> bool:
    """Not cut off in the middle, as far as that can be told."""
    if suffix_of(path.name) != NOTEBOOK:
        return bool(content)
    try:
        json.loads(content)
    except ValueError:
        return False
    return True
