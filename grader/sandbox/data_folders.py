"""The folders of data that a sandbox was opened for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.protocol import RunRequest


class DataFolders:
    """A request may name one of these, or none at all."""

    def __init__(self, folders: Sequence[Path | str]) -> None:
        self._folders = frozenset(Path(folder).resolve() for folder in folders)

    def check(self, request: RunRequest) -> None:
        """Raise ValueError for a request that wants another folder."""
        if request.data and Path(request.data).resolve() not in self._folders:
            raise ValueError(f"the sandbox was not opened for the data in {request.data}")

    def paths(self) -> list[str]:
        """The folders, as text."""
        return sorted(str(folder) for folder in self._folders)
