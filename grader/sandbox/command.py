"""How a worker is started: its command line and its environment."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from grader.protocol import RunRequest, determinism

KEPT = re.compile(
    r"PATH|HOME|USERPROFILE|LANG|LC_\w+|TZ|(DY)?LD_LIBRARY_PATH|MPLCONFIGDIR|XDG_\w+_HOME"
    r"|SYSTEMROOT|SYSTEMDRIVE|WINDIR|TEMP|TMP|TMPDIR",
    re.IGNORECASE,
)
"""Variables that an interpreter needs; the rest, tokens and keys included, stays here."""

WITHOUT_ENGINE = frozenset({"engine=gradients are to be derived in NumPy"})
"""What a worker leaves out for exercises in which nothing may derive gradients by itself."""

_IMPORT = re.compile(r"^\s*(?:import|from)\s.*", re.MULTILINE)
_MAX_MENTIONED = 200


def worker_command(*arguments: str) -> list[str]:
    """Command line of a worker in the mode that `arguments` name.

    The package is imported by its place, for a checkout need not be installed; the current
    folder and the user's own packages stay out. (`-I` would see to that too, but it ignores
    PYTHONHASHSEED, which pins the order of sets.) What is to stand around the worker, such
    as bubblewrap, goes in front here.
    """
    place = Path(__file__).resolve().parent.parent.parent
    keep = place.name in {"site-packages", "dist-packages"}
    start = "; ".join(
        [
            f"import sys; sys.path.insert(0, {str(place)!r})",
            "from grader.worker.__main__ import main; del sys.path[0]",
            f"{keep} and sys.path.append({str(place)!r})",
            "main(sys.argv[1:])",
        ]
    )
    return [sys.executable, "-P", "-s", "-X", "utf8", "-c", start, *arguments]


def worker_environment(source: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Environment of a worker: the determinism, and of ours only what an interpreter needs."""
    environment = {name: text for name, text in source.items() if KEPT.fullmatch(name)}
    determinism.apply(environment)
    return environment


def needs_engine(request: RunRequest) -> bool:
    """Whether a run has torch."""
    return request.calls is None or request.calls.engine


def mentioned_modules(request: RunRequest) -> list[str]:
    """Words of the request's import lines, among them the modules; the worker knows which."""
    lines = [line for cell in request.cells for line in _IMPORT.findall(cell.source)]
    words = {word for line in lines for word in re.findall(r"\w{2,40}", line)}
    return sorted(words)[:_MAX_MENTIONED]
