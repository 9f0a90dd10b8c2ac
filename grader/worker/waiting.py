"""What waits for a person goes on without one: `input()`, `getpass()`, `breakpoint()`."""

from __future__ import annotations

import builtins
import getpass
import pdb  # noqa: T100 - to take its place
import sys
from collections.abc import Callable
from typing import Any

MAX_ANSWERS = 1_000
"""Questions of one run; a loop that waits for another answer than none has to end."""


class Nothing(str):
    """An empty line; where a script makes a number of it, one."""

    __slots__ = ()

    def __int__(self) -> int:
        return 1

    def __float__(self) -> float:
        return 1.0


def install(note: Callable[[str], None]) -> None:
    """Answer for the person who sat at the notebook."""
    asked = 0

    def answer(prompt: Any = "", *_: Any, **__: Any) -> str:
        nonlocal asked
        asked += 1
        if asked > MAX_ANSWERS:
            raise EOFError("nobody is here to answer")
        print(prompt)
        note("`input()` was answered with an empty line")
        return Nothing()

    def go_on(*_: Any, **__: Any) -> None:
        note("a breakpoint was passed")

    vars(builtins)["input"] = answer
    vars(getpass)["getpass"] = answer
    vars(pdb).update(set_trace=go_on, post_mortem=go_on, pm=go_on)
    sys.breakpointhook = go_on
    debugger = sys.modules.get("IPython.core.debugger")
    if debugger is not None:
        vars(debugger)["set_trace"] = go_on
