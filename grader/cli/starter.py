"""`grader starter`: an instructor's solution without its answers."""

from __future__ import annotations

import json
from pathlib import Path

from grader.errors import AssignmentError
from grader.notebook.starter import strip_answers


def write_starter(solution: Path, starter: Path) -> None:
    """Write the starter notebook; AssignmentError names what is wrong with the solution."""
    try:
        notebook = json.loads(solution.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AssignmentError(f"{solution}: is not a notebook: {error}") from error
    text = json.dumps(strip_answers(notebook), indent=1, ensure_ascii=False)
    starter.write_text(text + "\n", encoding="utf-8")
