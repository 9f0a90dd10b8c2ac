"""What derives gradients by itself, kept out of runs in which the student is to do so.

Not imported, refused where it is, and its folders out of sight: a student's code can undo the
first two, for it shares the process with them, but not the last.
"""

# ruff: noqa: PTH112, PTH114, PTH118, PTH208
# (paths are texts here)

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from types import ModuleType
from typing import NoReturn

from grader.worker import layers

ENGINE = re.compile(
    r"(?:_?torch|functorch|jax|tensorflow|keras|tf_keras|autograd|mxnet|theano|aesara|pytensor"
    r"|chainer|cupy|paddle|mindspore|tinygrad|mlx(?!tend)|dynet|casadi|micrograd|minitorch|numdifftools"
    r"|algopy|jittor|oneflow|flax|haiku|tangent|myia)",
    re.IGNORECASE,
)
"""How the name of a package begins that is one, or that is of no use without one."""


def withheld() -> bool:
    """Whether this worker does without."""
    return layers.off(layers.ENGINE) is not None


def withhold() -> None:
    """Refuse these modules from now on."""
    for folder in sys.path:  # they may not be listed any more where Landlock alone hides what is in
        fill = getattr(PathFinder()._path_importer_cache(folder), "_fill_cache", None)  # type: ignore[attr-defined] # noqa: SLF001
        if fill is not None:
            fill()
    at = next((i for i, each in enumerate(sys.meta_path) if each is PathFinder), 0)
    sys.meta_path.insert(at, EngineRefusal())


class EngineRefusal(MetaPathFinder):
    """Says why a module cannot be imported."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> None:
        """Raise ImportError for a top-level module that derives gradients by itself."""
        del target
        if path is None and ENGINE.match(name):
            _refuse(name)


def _refuse(name: str) -> NoReturn:
    raise ImportError(
        f"`{name}` is not there: in this exercise gradients are derived in NumPy", name=name
    )


def left_out(paths: Iterable[str]) -> tuple[str, ...]:
    """`paths` without the folders of such packages, where nothing covers them: a folder around
    one gives way to what else lies in it.
    """
    if not withheld():
        return tuple(paths)
    hidden = frozenset(_installed())
    return tuple(each for path in paths for each in _without(path, hidden))


@functools.cache
def folders() -> tuple[str, ...]:
    """The folders of such packages, to be covered; none where they may be used."""
    return tuple(sorted(set(filter(os.path.isdir, _installed())))) if withheld() else ()


def _installed() -> Iterator[str]:
    """Where such packages are installed, and how they are told of."""
    for folder in sys.path:
        if os.path.isdir(folder):
            names = (name for name in os.listdir(folder) if ENGINE.match(name))
            yield from (os.path.realpath(os.path.join(folder, name)) for name in names)


def _without(path: str, hidden: frozenset[str]) -> Iterator[str]:
    real = os.path.realpath(path)
    if real in hidden:
        return
    if not any(each.startswith(real + os.sep) for each in hidden):
        yield path
        return
    for name in sorted(os.listdir(path)):
        inside = os.path.join(path, name)
        whole = os.path.realpath(inside)
        around = any(each.startswith(whole + os.sep) for each in hidden)
        if not (around and os.path.islink(inside)):  # another way to the same folder
            yield from _without(inside, hidden)
