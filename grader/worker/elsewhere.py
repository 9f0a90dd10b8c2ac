"""Paths of the machine that a student worked on: `/content/drive`, `C:/Users/ada`."""

# ruff: noqa: PTH103, PTH118, PTH120
# (what students hand to `open` is text)

from __future__ import annotations

import os
import tempfile

_lstat, _access, _mkdir = os.lstat, os.access, os.mkdir  # before there are others in their place
_OF_USERS = frozenset({"home", "Users", "mnt", "media"})
_EVERYWHERE = frozenset(
    {"bin", "boot", "dev", "etc", "lib", "lib64", "opt", "proc", "root", "run", "sbin", "srv"}
    | {"sys", "tmp", "usr", "var"}
)
_SHARED = "/tmp"  # noqa: S108 - a run's own folder is another one, where the data lies in this


def exists(path: str) -> bool:
    """Whether there is really something at this path."""
    try:
        _lstat(path)
    except (OSError, ValueError):
        return False
    return True


def foreign(path: str) -> bool:
    """Whether a path names a folder of another kind of machine: `/content/drive`, `C:/Users`.

    What every machine has (`/etc`, `/var`) is refused here, not elsewhere.
    """
    first, *parts = path.replace("\\", "/").rstrip("/").split("/")
    if not parts or "." in parts[-1]:
        return False
    if first:
        return first.endswith(":")
    depth = 2 if parts[0] in _OF_USERS else 1
    known = parts[0] in _EVERYWHERE or len(parts) < depth
    return not known and not exists("/" + "/".join(parts[:depth]))


def closed(path: str) -> bool:
    """Whether it lies in the machine's temporary folder, at its top or in what was made there,
    and that is not to be had.
    """
    folder = os.path.dirname(path)
    if _access(_SHARED, os.W_OK) or not (folder + "/").startswith(_SHARED + "/"):
        return False
    return folder == _SHARED or (os.path.dirname(folder) == _SHARED and written(folder) is not None)


def own_place(path: str) -> str | None:
    """Where a file goes that is written into a folder of another machine."""
    if not closed(path) and not foreign(os.path.dirname(path.replace("\\", "/"))):
        return None
    place = _place(path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    return place


def make_folder(path: str, *rest: int) -> None:
    """`os.mkdir` of a folder on another machine."""
    place = _place(path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    _mkdir(place, *rest)


def written(path: str) -> str | None:
    """What was written or made there."""
    place = _place(path)
    return place if exists(place) else None


def _place(path: str) -> str:
    plain = os.path.normpath("/" + path.replace("\\", "/").replace(":", ""))
    return os.path.join(tempfile.gettempdir(), "elsewhere", plain.lstrip("/"))
