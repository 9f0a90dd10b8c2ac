"""Ctrl-C and its kin: a request to stop, at a place where stopping loses nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

INTERRUPTED = 130
"""Exit status, as shells have it."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Within, SIGTERM and a closed terminal raise KeyboardInterrupt, as Ctrl-C does."""
    names = ("SIGTERM", "SIGHUP")
    wanted = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, _interrupt) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
