"""Lists a folder; links are followed as long as they stay below it."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path

import msgspec

from grader.submission.listing import (
    READ,
    Found,
    by_content,
    is_ignored,
    of_the_machine,
    readable,
    suffix_of,
)


def list_folder(root: Path) -> list[Found]:
    """Every visible entry below `root`, by name; never raises for what it meets there."""
    walk = _Walk(root)
    walk.run()
    return walk.found


class _Walk:
    """Real folders are listed once each, and once more at most through a link to them:
    a tangle of links costs no more than twice the folder.
    """

    def __init__(self, root: Path) -> None:
        self.found: list[Found] = []
        self._root = str(root)
        self._base = os.path.realpath(root)
        self._pending: deque[tuple[tuple[str, ...], bool]] = deque([((), False)])
        self._linked: set[str] = set()

    def run(self) -> None:
        while self._pending:
            parts, linked = self._pending.popleft()
            self._list(parts, linked=linked)

    def _list(self, parts: tuple[str, ...], *, linked: bool) -> None:
        folder = Path(self._root, *parts)
        if linked and not self._first_visit(folder):
            self._add((*parts, ""), problem="leads where another link leads: not read twice")
            return
        try:
            with os.scandir(folder) as entries:
                visible = [entry for entry in entries if not is_ignored(entry.name)]
        except OSError as error:
            problem = f"cannot be read ({error.strerror}): check its permissions"
            self._add((*parts, ""), problem=problem, lost=of_the_machine(error))
            return
        self._add((*parts, ""))
        for entry in sorted(visible, key=lambda entry: entry.name):
            self._enter((*parts, entry.name), entry, linked=linked)

    def _enter(self, parts: tuple[str, ...], entry: os.DirEntry[str], *, linked: bool) -> None:
        try:
            is_link = linked or entry.is_symlink()
            target = os.path.realpath(entry.path, strict=True) if is_link else None
            is_folder, is_file = entry.is_dir(), entry.is_file()
        except OSError as error:
            problem = f"cannot be followed ({error.strerror}): hand in the file"
            self._add(parts, problem=problem, lost=of_the_machine(error))
            return
        refusal = target and self._refusal(parts, target)
        if refusal:
            self._add(parts, problem=refusal)
        elif is_folder:
            self._pending.append((parts, is_link))
        elif suffix_of(entry.name) not in READ:
            self._add(parts, beside=Path(entry.path) if is_file and not is_link else None)
        elif is_file:
            self._add(parts, path=Path(entry.path), note=self._link_note(parts, target))
        else:
            self._add(parts, problem="is not an ordinary file: hand in the file itself")

    def _refusal(self, parts: tuple[str, ...], target: str) -> str | None:
        """Why a link to the real path `target` is not followed."""
        if not Path(target).is_relative_to(self._base):
            return "is a link that leaves the given folder: hand in the file itself"
        here = Path(os.path.realpath(Path(self._root, *parts[:-1])))
        if here.is_relative_to(target):
            return "is a link to a folder that it stands in: remove it"
        return None

    def _link_note(self, parts: tuple[str, ...], target: str | None) -> str | None:
        """Says so where a student's link leads to files of another."""
        own = Path(self._base, parts[0])
        if target is None or len(parts) == 1 or Path(target).is_relative_to(own):
            return None
        elsewhere = readable(os.path.relpath(target, self._base))
        return f"{readable('/'.join(parts[1:]))} is a link to {elsewhere}"

    def _first_visit(self, folder: Path) -> bool:
        real = os.path.realpath(folder)
        if real in self._linked:
            return False
        self._linked.add(real)
        return True

    def _add(
        self,
        parts: tuple[str, ...],
        *,
        path: Path | None = None,
        beside: Path | None = None,
        note: str | None = None,
        problem: str | None = None,
        lost: bool = False,
    ) -> None:
        folder_mark = "" if parts[-1] else os.sep
        origin = readable(f"{Path(self._root, *parts)}{folder_mark}")
        found = Found(parts=parts, origin=origin, path=path, note=note, problem=problem, lost=lost)
        self.found.append(by_content(msgspec.structs.replace(found, beside=beside)))
