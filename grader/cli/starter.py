"""`grader starter`: an instructor's solution without its answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from grader.errors import AssignmentError
from grader.notebook.starter import strip_answers, without_answers


def write_starter(solution: Path, starter: Path) -> None:
    """Write the starter of a notebook, a module or a folder of them.

    Raises AssignmentError, which names what is wrong with the solution; then nothing is written.
    """
    texts = {starter / relative: _stripped(path) for relative, path in _files(solution)}
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _files(solution: Path) -> Iterator[tuple[Path, Path]]:
    """Each notebook and module, with its place below the solution; a single file is its own."""
    if solution.is_file():
        yield Path(), solution
        return
    for path in sorted(solution.rglob("*")):
        if path.suffix in {".py", ".ipynb"} and ".ipynb_checkpoints" not in path.parts:
            yield path.relative_to(solution), path


def _stripped(solution: Path) -> str:
    try:
        text = solution.read_text(encoding="utf-8")
        if solution.suffix == ".py":
            return without_answers(text)
        notebook = json.loads(text)
    except AssignmentError as error:
        raise AssignmentError(f"{solution}: {error}") from error
    except (OSError, ValueError) as error:
        raise AssignmentError(f"{solution}: is not a notebook: {error}") from error
    return json.dumps(strip_answers(notebook), indent=1, ensure_ascii=False) + "\n"
