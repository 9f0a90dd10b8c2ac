"""Notices code that no analysis has read: modules that a notebook wrote, and then imports.

An audit hook of the interpreter cannot be taken out again, and speaks before the module runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from grader.worker.readable import PACKAGE

MAX_NOTICED = 20
_MODULES = (".py", ".pyc", ".so", ".pyd")


def watch(notice: Callable[[str], None]) -> None:
    """Have `notice` called with the file of every module from outside the libraries."""
    here = os.getcwd()  # noqa: PTH109 - paths are texts here
    roots = tuple({sys.prefix, sys.base_prefix, str(PACKAGE), *sys.path} - {here, ""})
    seen: set[str] = set()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "exec":
            file = getattr(arguments[0], "co_filename", None)
        elif event == "import":
            file = arguments[1]  # of a compiled module, None for others
        else:
            return
        if type(file) is not str or not file.endswith(_MODULES) or file.startswith(roots):
            return
        if file not in seen and len(seen) < MAX_NOTICED:
            seen.add(file)
            notice(file)

    sys.addaudithook(hook)
