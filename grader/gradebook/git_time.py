"""When a file was committed: the time of submission where work comes in by git.

Repositories are read by a library, not by the git program: a repository that a student packed
into a zip can name programs which git would run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from grader.errors import UsageError

MAX_COMMITS = 100_000


def commit_times(files: Sequence[Path]) -> dict[Path, datetime]:
    """The time of the last commit that changed each file.

    A file that no commit holds, or that was changed since, has no time. Raises UsageError
    where the library is not installed.
    """
    try:
        from dulwich.repo import Repo
    except ModuleNotFoundError as error:
        raise UsageError("--submitted-from git needs dulwich: pip install dulwich") from error
    times: dict[Path, datetime] = {}
    for top, members in _by_repository(files).items():
        try:
            with Repo(str(top)) as repository:
                times |= _times(repository, top, members)
        except Exception:  # noqa: BLE001, S112 - whatever is wrong with a repository: no times
            continue
    return times


def _by_repository(files: Sequence[Path]) -> dict[Path, list[Path]]:
    found: dict[Path, list[Path]] = {}
    tops: dict[Path, Path | None] = {}
    for file in files:
        folder = file.resolve().parent
        if folder not in tops:
            tops[folder] = next(
                (p for p in (folder, *folder.parents) if (p / ".git").exists()), None
            )
        top = tops[folder]
        if top is not None:
            found.setdefault(top, []).append(file)
    return found


def _times(repository: Any, top: Path, files: Sequence[Path]) -> dict[Path, datetime]:
    """Walk the history, newest first, until every file was met."""
    head = repository[repository.head()]
    found = cache(repository.__getitem__)  # the folders are the same for most files
    waiting = {
        name: file
        for file in files
        if _is_as_committed(found, head.tree, name := _name(top, file), file)
    }
    times: dict[Path, datetime] = {}
    for entry in repository.get_walker(max_entries=MAX_COMMITS):
        for name in _changed(entry):
            if name in waiting:
                times[waiting.pop(name)] = _moment(entry.commit)
        if not waiting:
            break
    return times


def _name(top: Path, file: Path) -> bytes:
    return file.resolve().relative_to(top).as_posix().encode("utf-8", "surrogateescape")


def _is_as_committed(found: Any, tree: Any, name: bytes, file: Path) -> bool:
    from dulwich.object_store import tree_lookup_path
    from dulwich.objects import Blob

    try:
        _, number = tree_lookup_path(found, tree, name)
    except KeyError:
        return False
    content = file.read_bytes()
    # Windows checks text out with other line ends.
    forms = (content, content.replace(b"\r\n", b"\n"))
    return any(Blob.from_string(form).id == number for form in forms)


def _changed(entry: Any) -> Iterator[bytes]:
    for change in entry.changes():
        parts = change if isinstance(change, list) else [change]
        for part in parts:
            if part.new is not None and part.new.path is not None:
                yield part.new.path


def _moment(commit: Any) -> datetime:
    return datetime.fromtimestamp(commit.commit_time, UTC)
