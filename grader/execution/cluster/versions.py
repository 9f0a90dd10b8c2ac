"""What must be the same on both sides for marks to be the same."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping

from grader.gradebook.content import source_digest
from grader.records.environment import grader_version

_PACKAGES = ("torch", "numpy", "distributed")


def own_versions() -> dict[str, str]:
    """Name → version, Python's without its patch level; imports none of them."""
    python = ".".join(platform.python_version_tuple()[:2])
    packages = {name: importlib.metadata.version(name) for name in _PACKAGES}
    # The version alone does not tell two checkouts apart.
    return {"grader": f"{grader_version()}+{source_digest()[:12]}", "Python": python, **packages}


def difference(here: Mapping[str, str], there: Mapping[str, str]) -> str | None:
    """In words how a worker's versions differ from ours; None if they do not."""
    parts = [
        f"{name} {there.get(name, 'none')} (here {version})"
        for name, version in here.items()
        if there.get(name) != version
    ]
    return ", ".join(parts) or None


def mismatch(worker: str, difference: str) -> str:
    """The line about a worker that may not grade."""
    return (
        f"Dask worker {worker} has {difference}: marks would not be the same; "
        "install the same versions there and restart it"
    )
