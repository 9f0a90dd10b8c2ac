"""Forks in which the generators of random numbers go on where they were."""

import os
import random
from typing import Any

_fork: Any = getattr(os, "fork", None)  # looked up before there is student code
_state = random.getstate
_restore = random.setstate


def fork() -> int:
    """`os.fork`, but Python's own generator is not seeded anew in the child, as it else is."""
    state = _state()
    pid: int = _fork()
    if pid == 0:
        _restore(state)
    return pid
