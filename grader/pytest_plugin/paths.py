"""Files and folders as nodes, under names that break neither lines nor ids."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any, Self

import pytest


class Folder(pytest.Directory):
    """A plain folder, never a package: the `__init__.py` of one would be imported."""

    @classmethod
    def at(cls, path: Path, parent: pytest.Collector) -> Self:
        node: Self = cls.from_parent(parent, path=path, **sane(parent.config, path))
        return node

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        for path in sorted(self.path.iterdir()):
            asked_for = self.session.isinitpath(path, with_parents=True)
            if not asked_for and self.ihook.pytest_ignore_collect(
                collection_path=path, config=self.config
            ):
                continue
            if path.is_dir():
                yield self.ihook.pytest_collect_directory(path=path, parent=self)
            elif path.is_file():
                yield from self.ihook.pytest_collect_file(file_path=path, parent=self)


def sane(config: pytest.Config, path: Path) -> dict[str, Any]:
    """`name` and `nodeid` for a path, where those that pytest makes would not do.

    Outside of pytest's root folder that is everywhere: all files would have the same id there.
    """
    inside = path.is_relative_to(config.rootpath)
    parts = path.relative_to(config.rootpath).parts if inside else path.parts[1:]
    shown = [sane_name(part) for part in parts]
    if inside and shown == list(parts):
        return {}
    return {"name": shown[-1], "nodeid": ("" if inside else "/") + "/".join(shown)}


def sane_name(name: str) -> str:
    """The name, if it is one line of text without `::`; else what is left of it, and a digest."""
    if name.isprintable() and "::" not in name:
        return name
    cleaned = "".join(c if c.isprintable() and c != ":" else "_" for c in name)
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:6]
    path = PurePath(cleaned)
    return f"{path.stem}-{digest}{path.suffix}"
