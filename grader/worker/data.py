"""The assignment's data files, found whatever place a student's code expects them in.

Notebooks read `names.txt` from Drive, from Kaggle, from a URL, or under a slip of the pen.
A file that is missing where it is opened for reading is replaced by the data file of that
name, or the nearest to it; files that are there, and all writing, stay as they are.
"""

# ruff: noqa: PTH103, PTH118, PTH120, PTH123, PTH202, PTH211
# (what students hand to `open` is text)

from __future__ import annotations

import builtins
import difflib
import io
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.response import addinfourl

from grader.worker.elsewhere import exists, own_place, written

_CUTOFF = 0.75
_LIBRARIES = (os.path.dirname(os.__file__), "site-packages", "dist-packages")
MAX_NOTES = 50
MAX_NOTE = 500


class Resolver:
    """Knows the data files, and notes every substitution."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        walked = os.walk(folder) if folder else ()
        self.files = {
            name: os.path.realpath(os.path.join(where, name))
            for where, _, names in walked
            for name in names
        }
        self.notes: list[str] = []

    def take_notes(self) -> list[str]:
        """Notes since the last call."""
        taken, self.notes[:] = list(self.notes), []
        return taken

    def note(self, text: str) -> None:
        """Add a note once."""
        if len(self.notes) < MAX_NOTES and text not in self.notes:
            self.notes.append(text[:MAX_NOTE])

    def find(self, wanted: str) -> str | None:
        """Path of the data file that `wanted`, a path or URL, most likely means."""
        name = _base_name(wanted)
        match = self._match(name)
        if match is None:
            return None
        if match != name:
            self.note(f"`{match}` of the assignment is read for `{wanted}`")
        return self.files[match]

    def named(self, path: str) -> str | None:
        """The data file of just this name, in whatever folder."""
        name = _base_name(path).casefold()
        return next((file for known, file in self.files.items() if known.casefold() == name), None)

    def only(self) -> str | None:
        """The data file of an assignment that has no other."""
        return next(iter(self.files)) if len(self.files) == 1 else None

    def _match(self, name: str) -> str | None:
        if name in self.files:
            return name
        folded = {known.casefold(): known for known in self.files}
        if name.casefold() in folded:
            return folded[name.casefold()]
        close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=_CUTOFF)
        if close:
            return folded[close[0]]
        suffix = Path(name).suffix.casefold()
        same = [known for known in self.files if suffix and known.casefold().endswith(suffix)]
        return same[0] if len(same) == 1 else None

    def link(self, wanted: str, place: str) -> bool:
        """Make `place` the data file that `wanted` means; False if there is none."""
        source = self.find(wanted) or self.find(place)
        if source is None:
            return False
        try:
            os.makedirs(os.path.dirname(place) or ".", exist_ok=True)
            if not exists(place):
                os.symlink(source, place)
        except OSError:
            return True  # a place that is not ours to write to: reading it finds the file too
        return True

    def install(self) -> None:
        """Put all files into the working folder, and stand in for what opens others."""
        for name, path in self.files.items():
            if not exists(name):
                os.symlink(path, name)
        builtins.open = io.open = self._opener(builtins.open)
        urllib.request.urlopen = self._urlopen
        urllib.request.urlretrieve = self._urlretrieve  # type: ignore[assignment]
        urllib.request.OpenerDirector.open = (  # type: ignore[method-assign]
            lambda _, url, *__, **___: self._urlopen(url)
        )
        self._replace_in_numpy()

    def _opener(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def open(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:  # noqa: A001
            return original(self._instead(file, mode), mode, *args, **kwargs)

        return open

    def _instead(self, file: Any, mode: str = "r") -> Any:
        """`file`; if it is missing, the data file that would be read, or a place to write to."""
        if not isinstance(file, str | os.PathLike) or not isinstance(mode, str):
            return file
        path = os.fspath(file)
        if not isinstance(path, str) or exists(path):
            return file
        if set(mode) & set("wax+"):
            return own_place(path) or file
        if any(name in path for name in _LIBRARIES):
            return file  # a library looks for a file of its own
        return written(path) or self.find(path) or file

    def _replace_in_numpy(self) -> None:
        """Numpy asks whether a file exists before it opens it."""
        from numpy.lib import _datasource

        original = _datasource.open

        def open(path: Any, mode: Any = "r", *args: Any, **kwargs: Any) -> Any:  # noqa: A001
            return original(self._instead(path, mode), mode, *args, **kwargs)

        _datasource.open = open

    def _urlopen(self, url: Any, *_: Any, **__: Any) -> addinfourl:
        address = url if isinstance(url, str) else url.full_url
        found = self.find(address)
        if found is None:
            raise urllib.error.URLError(f"there is no network while grading: {address}")
        headers = Message()
        headers["Content-Length"] = str(os.path.getsize(found))
        return addinfourl(open(found, "rb"), headers, address, 200)

    def _urlretrieve(self, url: str, filename: Any = None, *_: Any) -> tuple[str, Message]:
        response = self._urlopen(url)
        response.close()
        place = os.fspath(filename) if filename else _base_name(url)
        self.link(url, place)
        return place, response.headers


def _base_name(wanted: str) -> str:
    """The last part of a path of either kind of system, or of a URL without its query."""
    if "://" in wanted:
        wanted = urllib.parse.unquote(urllib.parse.urlsplit(wanted).path)
    return wanted.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
