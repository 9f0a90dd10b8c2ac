"""Which reports were written from what, so that those still intact are left alone.

A file counts as intact while size and both times are as they were after writing, as git's
index has it; whatever touches it costs no more than writing it again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from grader.errors import InfrastructureError
from grader.report.atomic_write import write_whole

LEDGER = ".written.json"
_Stamp = tuple[int, int, int]
"""Size, time of change, time of change of the entry; nanoseconds."""


class _Note(msgspec.Struct, array_like=True):
    made_from: str
    stamps: list[_Stamp]


class _Ledger(msgspec.Struct):
    gradebook: str = ""
    files: dict[str, _Note] = {}


class Written:
    """The ledger of one output folder.

    It is kept in OUT/.written.json; a lost or broken one means that reports are written anew.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        ledger = self._read()
        self.gradebook = ledger.gradebook
        """Which gradebook the reports come from; empty if that is not known."""
        self._notes = ledger.files
        self._new: dict[str, _Note] = {}

    def intact(self, name: str, files: Sequence[str], made_from: str) -> bool:
        """Whether `files` are still what was written from `made_from`."""
        note = self._notes.get(name)
        if note is None or note.made_from != made_from or len(note.stamps) != len(files):
            return False
        return note.stamps == self._stamps(files)

    def note(self, name: str, files: Sequence[str], made_from: str) -> None:
        """`files` (relative to the folder) were just written from `made_from`."""
        self._new[name] = self._notes[name] = _Note(made_from, self._stamps(files))

    def save(self) -> None:
        """Write the ledger; where that fails, the next run writes a little more."""
        if not self._new:
            return
        # Another grader may have written its part in the meantime.
        ledger = _Ledger(self.gradebook, self._read().files | self._new)
        with contextlib.suppress(InfrastructureError):
            write_whole(self.out, self.out / LEDGER, [msgspec.json.encode(ledger).decode()])
            self._new = {}

    def _read(self) -> _Ledger:
        try:
            return msgspec.json.decode((self.out / LEDGER).read_bytes(), type=_Ledger)
        except (OSError, msgspec.MsgspecError):
            return _Ledger()

    def _stamps(self, files: Sequence[str]) -> list[_Stamp]:
        stamps = []
        for file in files:
            with contextlib.suppress(OSError):
                status = os.stat(f"{self.out}/{file}")  # noqa: PTH116 - thousands of them
                stamps.append((status.st_size, status.st_mtime_ns, status.st_ctime_ns))
        return stamps


@cache
def renderer() -> str:
    """Digest of everything that decides how a record looks on a page."""
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for path in sorted(package.rglob("*")):
        if path.suffix in {".py", ".j2", ".css"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()
