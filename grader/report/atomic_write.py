"""Writing a file so that readers find the old text or the new one, and nothing in between.

Drafts stand in OUT/.drafts until they are whole. What a killed run leaves there, the next
one takes away.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from grader.errors import InfrastructureError

FOLDER = ".drafts"
_TRIES = 100
_SECONDS = 3600.0
"""Age at which a draft is abandoned where a process cannot be asked for."""


def write_whole(out: Path, path: Path, pieces: Iterable[str]) -> None:
    """Write `path`, below `out`. Raises InfrastructureError where the disk refuses."""
    draft = out / FOLDER / f"{os.getpid()}.{secrets.token_hex(4)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _opened(draft) as file:
            file.writelines(pieces)
        os.replace(draft, path)  # noqa: PTH105 - the one call that is atomic everywhere
    except OSError as error:
        why = error.strerror or error
        raise InfrastructureError(f"{path} cannot be written: {why}") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def _opened(draft: Path) -> TextIO:
    """A new draft; another grader may take the empty folder away as often as it ends."""
    for _ in range(_TRIES):
        draft.parent.mkdir(exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            return draft.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    raise FileNotFoundError(errno.ENOENT, "its folder for drafts is taken away again and again")


def remove_abandoned(out: Path) -> None:
    """Remove the drafts of runs that have ended, and the folder if nothing is left in it."""
    folder = out / FOLDER
    with contextlib.suppress(OSError):
        for draft in folder.iterdir():
            if _abandoned(draft):
                draft.unlink()
        folder.rmdir()


def _abandoned(draft: Path) -> bool:
    number = draft.name.partition(".")[0]
    if os.name != "posix" or not number.isdecimal():
        return time.time() - draft.stat().st_mtime > _SECONDS
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # somebody else's
    return int(number) == os.getpid()
