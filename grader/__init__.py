"""Marks manual backpropagation: every hand-written gradient against PyTorch autograd.

In a notebook: `from grader import cmp, check, start`, or `%load_ext grader` and `%grade`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if sys.version_info < (3, 11):  # noqa: UP036 - a checkout that nothing has installed
    raise ImportError(f"the grader needs Python 3.11 or later; this is {sys.version.split()[0]}")

if TYPE_CHECKING:
    from grader.student import check, cmp, load_ipython_extension, start

__all__ = ["check", "cmp", "load_ipython_extension", "start"]


def __getattr__(name: str) -> Any:
    # Late: whoever imports `grader.protocol.messages` comes through here, the worker among them.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from grader import student

    return getattr(student, name)
