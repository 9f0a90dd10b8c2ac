"""How much `make bench` measures: about ten minutes on two quiet cores, or one with QUICK=1."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Sizes:
    """Numbers of notebooks and of repetitions."""

    rounds: int
    """Each tool in turn, so many times."""
    kept: int
    """Class that kept the starter's set-up."""
    unrelated: int
    """Class that shares nothing with the starter."""
    peers: int
    """Notebooks of either class that a peer grades in one round."""
    cold: int
    """Single notebooks, each by a command of its own."""
    floor: int
    """Submissions held against the floor."""
    memory: int
    """Submissions whose processes are looked at."""
    modules: int
    """Class of modules of functions."""
    cluster: int
    """Class that is graded by two Dask workers and by two local jobs."""
    jobs: int
    """Class that is graded with two jobs and with one."""
    growth: tuple[int, ...]
    """Sizes of classes; GROWTH="100 1000 10000" takes 20 minutes more."""


FULL = Sizes(
    rounds=2,
    kept=200,
    unrelated=40,
    peers=4,
    cold=7,
    floor=60,
    memory=24,
    modules=100,
    cluster=200,
    jobs=500,
    growth=(100, 1000),
)
QUICK = Sizes(
    rounds=1,
    kept=20,
    unrelated=6,
    peers=2,
    cold=1,
    floor=16,
    memory=8,
    modules=8,
    cluster=20,
    jobs=20,
    growth=(10, 40),
)


def chosen() -> Sizes:
    """As the environment says: QUICK, GROWTH."""
    sizes = QUICK if os.environ.get("QUICK") else FULL
    growth = os.environ.get("GROWTH")
    if not growth:
        return sizes
    return replace(sizes, growth=tuple(sorted(int(size) for size in growth.split())))
