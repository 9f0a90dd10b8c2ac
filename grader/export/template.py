"""Files of a bundle that are written once, with a few values filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

from grader.export.exporter import File

_SLOT = re.compile(r"@([A-Z_]+)@")


def filled(name: str, values: Mapping[str, str], *, executable: bool = False) -> File:
    """`templates/<name>` with every `@NAME@` replaced; a KeyError for one that is not given."""
    text = files("grader.export").joinpath("templates", name).read_text(encoding="utf-8")
    return File(_SLOT.sub(lambda slot: values[slot[1].lower()], text).encode(), executable)
