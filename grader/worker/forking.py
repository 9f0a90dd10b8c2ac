"""Forks in which the generators of random numbers go on where they were."""

import os
import random

_state = random.getstate
_restore = random.setstate


def fork() -> int:
    """`os.fork`, but Python's own generator is not seeded anew in the child, as it else is."""
    state = _state()
    pid = os.fork()
    if pid == 0:
        _restore(state)
    return pid
