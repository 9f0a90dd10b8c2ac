"""Data looked for before it is opened: `exists`, `listdir`, `walk`, `glob` where it is not.

A student's `/kaggle/input/words/names.txt` is there, since opening it gives the assignment's
file; a folder that is not here lists the assignment's files. What such places are written goes
to a folder of the run's own.
"""

# (what students hand to `os` is text)

from __future__ import annotations

import fnmatch
import functools
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from grader.worker.data import Resolver
from grader.worker.elsewhere import closed, exists, foreign, make_folder, written

_MISSING = (FileNotFoundError, NotADirectoryError, PermissionError)


class Places:
    """Functions of `os` and `pathlib` that fall back where a path is not of this machine."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def install(self) -> None:
        """Stand in for what looks at files without opening them."""
        if not self._resolver.files:
            return
        for name in ("stat", "lstat", "access"):
            setattr(os, name, self._falling_back(getattr(os, name), self._meant))
        for name in ("listdir", "scandir"):
            setattr(os, name, self._falling_back(getattr(os, name), self._listed))
        os.open = self._opening(os.open)
        os.mkdir = self._making(os.mkdir)
        os.chdir = self._moving(os.chdir)
        for name in ("glob", "rglob"):
            setattr(pathlib.Path, name, self._matching(getattr(pathlib.Path, name)))

    def _falling_back(
        self, original: Callable[..., Any], instead: Callable[[str], str | None]
    ) -> Callable[..., Any]:
        @functools.wraps(original)
        def look(path: Any = ".", *rest: Any, **options: Any) -> Any:
            text = _text(path) if options.get("dir_fd") is None else None
            if text is not None and not exists(text):
                path = instead(text) or path
            return original(path, *rest, **options)

        return look

    def _meant(self, path: str) -> str | None:
        """What was written there, the data file of that name, or a folder of another machine."""
        if (place := written(path)) is not None:
            return place
        return self._resolver.named(path) or (self._resolver.folder if foreign(path) else None)

    def _listed(self, path: str) -> str | None:
        if (place := written(path)) is not None:
            return place
        relative = not path.startswith("/") and "." not in path.rpartition("/")[2]
        return self._resolver.folder if relative or foreign(path) else None

    def _opening(self, original: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(original)
        def open(path: Any, flags: int, *rest: Any, **options: Any) -> int:  # noqa: A001
            text = _text(path)
            if text is not None and flags & 3 == os.O_RDONLY and not exists(text):
                path = self._resolver.named(text) or path
            return original(path, flags, *rest, **options)

        return open

    def _making(self, original: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(original)
        def mkdir(path: Any, *rest: Any, **options: Any) -> None:
            text = _text(path)
            if text is not None and (foreign(text) or closed(text)):
                make_folder(text, *rest)
            else:
                original(path, *rest, **options)

        return mkdir

    def _moving(self, original: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(original)
        def chdir(path: Any) -> None:
            try:
                original(path)
            except _MISSING:
                if (text := _text(path)) is None:
                    raise
                self._resolver.note(f"there is no folder `{text}` here: the data is in `.`")

        return chdir

    def _matching(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def glob(self_: pathlib.Path, pattern: str, *rest: Any, **options: Any) -> Iterator[Any]:
            if exists(os.fspath(self_)):
                return iter(original(self_, pattern, *rest, **options))
            last = str(pattern).replace("\\", "/").rpartition("/")[2]
            return iter([self_ / n for n in self._resolver.files if fnmatch.fnmatch(n, last)])

        return glob


def _text(path: Any) -> str | None:
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    return text if isinstance(text, str) else None
