"""An end to statements that take too long, as far as they do not object."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in what takes more CPU time than that; not on every system."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.signal(signal.SIGVTALRM, _raise)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _raise(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise TimeoutError("it took too long for a definition")
