"""The arithmetic that a scorecard was made with."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping

from grader.records.scorecard import Environment


def grader_version() -> str:
    """Version of the installed package; "0+source" in a checkout that is not installed."""
    try:
        return importlib.metadata.version("backprop-grader")
    except importlib.metadata.PackageNotFoundError:
        return "0+source"


def environment(worker: Mapping[str, str]) -> Environment:
    """From what the worker says of itself; numbers that are none become 0."""

    def number(key: str) -> int:
        text = worker.get(key, "")
        return int(text) if text.isdecimal() else 0

    return Environment(
        grader=grader_version(),
        python=worker.get("python", platform.python_version()),
        torch=worker.get("torch", "unknown"),
        numpy=worker.get("numpy", "unknown"),
        platform=worker.get("platform", platform.platform()),
        cpu_capability=worker.get("cpu_capability", "unknown"),
        threads=number("threads"),
        seed=number("seed"),
    )
