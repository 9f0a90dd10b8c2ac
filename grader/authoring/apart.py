"""A draft made in a process of its own: what a file does when it runs ends with it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from grader.authoring.draft import DraftAssignment
from grader.authoring.fault import DraftError


def draft_of(path: Path) -> DraftAssignment:
    """Run a file up to its loss and understand it; it is run without any walls.

    Raises DraftError where no assignment can be made of it.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "draft.json"
        command = [sys.executable, "-m", "grader.authoring", str(path), str(out)]
        run = subprocess.run(command, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 - our own
        status = run.returncode
        text = out.read_bytes() if out.is_file() else b""
    if status == 0 and text:
        return msgspec.json.decode(text, type=DraftAssignment)
    ended = f"the run of {path.name} ended without a loss ({status})"
    why = text.decode("utf-8", "replace") or ended
    raise DraftError(why)
