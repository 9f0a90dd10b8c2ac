"""Importing torch, the database and what comes with them: once begun, to the end."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def undisturbed() -> Iterator[None]:
    """Within, a request to stop waits, in this thread: half an import cannot be taken back.
    Torch's swallows an interruption and goes on, or ends the process.
    """
    mask = getattr(signal, "pthread_sigmask", None)
    if mask is None:  # Windows
        yield
        return
    before = mask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        mask(signal.SIG_SETMASK, before)


@contextmanager
def large_imports() -> Iterator[None]:
    """For a process of our own, undisturbed and without looking for garbage: hundreds of
    thousands of objects are made, none of them garbage, and looking takes a sixth of the time.
    """
    with undisturbed():
        gc.disable()
        try:
            yield
        finally:
            gc.freeze()  # nor does any later search go through them, or unshare them in a fork
            gc.enable()
