"""What a submission's notebook finds beside it: files by the path it would read them under."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from grader.notebook import SyntaxProblem, Unreadable, python_source, read_notebook
from grader.submission import Submission

MAX_FILES = 200
MAX_BYTES = 8 << 20
"""Of all files together: they travel with the request."""
_NOTEBOOK = ".ipynb"


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """The files around one notebook."""

    files: dict[str, bytes] = {}
    """Path from the notebook's folder → content."""
    scripts: dict[str, str] = {}
    """Notebooks among them as plain Python."""
    left_out: tuple[str, ...] = ()


def surroundings(submission: Submission, index: int) -> Surroundings:
    """What stands beside the candidate of this index; the smallest first, until it is enough."""
    files: dict[str, bytes] = {}
    left_out: list[str] = []
    left = MAX_BYTES
    for name, path, size in sorted(_places(submission, index), key=lambda each: each[2]):
        if size > left or len(files) >= MAX_FILES:
            left_out.append(name)
            continue
        try:
            files[name] = path.read_bytes()
        except OSError:
            left_out.append(name)
        else:
            left -= len(files[name])
    scripts = {n: script(content, n) for n, content in files.items() if n.endswith(_NOTEBOOK)}
    return Surroundings(
        files=files,
        scripts={name: source for name, source in scripts.items() if source},
        left_out=tuple(left_out),
    )


def _places(submission: Submission, index: int) -> Iterator[tuple[str, Path, int]]:
    """Path as the notebook sees it, where it is read, and its size."""
    if not submission.places:
        return
    own = submission.places[index]
    folder = own.rpartition("/")[0]
    others = zip(submission.places, submission.candidates, strict=False)
    everything = [*others, *((each.name, each.path) for each in submission.beside)]
    seen = {own}
    # From its own folder first; what stands elsewhere in the hand-in keeps its path from the top.
    near = [(name, path) for name, path in everything if name.startswith(f"{folder}/")]
    named = [(name[len(folder) + 1 :], path) for name, path in near] if folder else []
    for name, path in [*named, *everything]:
        if name in seen or path == submission.candidates[index]:
            continue
        seen.add(name)
        try:
            yield name, path, path.stat().st_size
        except (OSError, ValueError):
            continue


def script(content: bytes, name: str) -> str:
    """A notebook's code as one script; cells that are no Python are left out."""
    notebook = read_notebook(content, name)
    if isinstance(notebook, Unreadable):
        return ""
    sources = (
        python_source(c.source, ask_ipython=False) for c in notebook.cells if c.kind == "code"
    )
    return "\n".join(source for source in sources if not isinstance(source, SyntaxProblem))
