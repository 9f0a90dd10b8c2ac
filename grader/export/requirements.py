"""The versions that the exporting machine has, for the one that will grade."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterator
from typing import Final

from grader.export.wheel import DISTRIBUTION

TORCH: Final = "2.13.0"
"""The version that the bundled results were made with, as in constraints.txt."""
TORCH_INDEX: Final = "https://download.pytorch.org/whl/cpu"
"""Its build without the gigabytes for GPUs."""


def python_version() -> str:
    """`3.11`: under another, some of the pinned versions may not exist."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def constraints() -> str:
    """A constraints file: whatever of this gets installed there is of the version here."""
    pins = {name: version for name, version in _installed() if name != "torch"}
    lines = [f"{name}=={version}" for name, version in sorted(pins.items())]
    return "\n".join([f"torch=={TORCH}", *lines, ""])


def _installed() -> Iterator[tuple[str, str]]:
    """All that the package needs, directly or not, as far as it is installed here."""
    pending, seen = [DISTRIBUTION], {_normal(DISTRIBUTION)}
    while pending:
        try:
            distribution = importlib.metadata.distribution(pending.pop())
        except importlib.metadata.PackageNotFoundError:
            continue  # of another platform or Python
        for requirement in distribution.requires or []:
            name = _normal(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0])
            if name in seen or re.search(r";.*\bextra\b", requirement):
                continue
            seen.add(name)
            pending.append(name)
            try:
                version = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                continue
            yield name, version.partition("+")[0]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
