"""What was handed in beside the notebook: laid beside it, and importable as at home.

Modules of the student's come before installed ones, as they do in Jupyter, but never before
Python's own, what the grader stands on, or the grader itself: `random.py`, `torch.py` and
`grader/` beside a notebook are files like any others, and no more.
"""

# ruff: noqa: PTH103, PTH117, PTH120, PTH123, PTH206
# (paths are texts here)

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

PROTECTED = frozenset(sys.stdlib_module_names) | {
    "IPython",
    "google",
    "grader",
    "matplotlib",
    "msgspec",
    "numpy",
    "requests",
    "safetensors",
    "tokenize",
    "torch",
    "tqdm",
}
"""Names that are never looked for among a student's files."""


class BesideFinder(MetaPathFinder):
    """Finds top-level modules among the files of the working folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._find = PathFinder.find_spec  # looked up before student code may put another there

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A module or package; a mere folder of that name is left to come last, as ever."""
        if path is not None or name in PROTECTED:
            return None
        spec = self._find(name, [self._folder], target)
        return spec if spec is not None and spec.loader is not None else None


def importable(folder: str) -> None:
    """Let imports find what lies in `folder`."""
    sys.meta_path.insert(0, BesideFinder(folder))
    sys.path.append(folder)


def lay(files: Mapping[str, bytes]) -> Iterator[str]:
    """Write files into the working folder, where nothing of that name is; yields problems."""
    for name, content in files.items():
        path = os.path.normpath(name)
        if os.path.isabs(path) or path.split(os.sep)[0] == os.pardir or os.path.lexists(path):
            continue
        try:
            os.makedirs(os.path.dirname(path) or os.curdir, exist_ok=True)
            with open(path, "xb") as file:
                file.write(content)
        except (OSError, ValueError) as error:
            yield f"`{name}` could not be laid beside the notebook ({error})"
