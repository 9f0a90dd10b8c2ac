"""Which files of one student's folder are the submission."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.assignment import Assignment
from grader.export.assignment_files import starter_files, starter_name
from grader.notebook import Unreadable, read_notebook
from grader.notebook.read import MAX_BYTES
from grader.submission import Beside, Submission
from grader.submission.draft import MAX_CANDIDATES
from grader.submission.folder import list_folder
from grader.submission.listing import GRADEABLE, NOTEBOOK, Found
from grader.submission.naming import natural, safe_id

MAX_LISTED = 5_000
_HARNESS = frozenset({"conftest.py", "setup.py", "noxfile.py", "autograder.py"})
_RESULTS = "classroom50-release-assets"


def find_submission(folder: Path, assignment: Assignment, student: str) -> Submission:
    """The submission in a checkout; without candidates if there is nothing to grade.

    Left out are hidden folders (`.github` among them), what belongs to a test harness, and
    the files that the student was given: the starter, however Jupyter has saved it again, and
    forward.py. A starter that nobody touched counts where it is all there is.
    """
    listed = list_folder(folder)
    files = sorted(_gradeable(listed), key=_likelihood)
    given = _Given(assignment)
    own = [file for file in files if not given.includes(file)]
    chosen = (own or files)[:MAX_CANDIDATES]
    names = ["/".join(file.parts) for file in chosen]
    notes = [file.note for file in chosen if file.note]
    if files and not own:
        notes.insert(0, _only_given(names, assignment))
    return Submission(
        id=safe_id(student),
        candidates=tuple(file.path for file in chosen if file.path),
        origin=names[0] if names else ".",
        origins=tuple(names),
        places=tuple(names),
        beside=tuple(_beside(listed, chosen)),
        notes=tuple(notes),
    )


def _only_given(names: list[str], assignment: Assignment) -> str:
    """Why there is nothing to mark, for whoever pushed what they were given and nothing else."""
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    one = len(names) == 1
    return (
        f"nothing of your own was handed in: {shown} {'is' if one else 'are'} as given out. Write "
        f"your gradients into {starter_name(assignment)}, save, and hand in again"
    )


def _beside(listed: list[Found], chosen: list[Found]) -> Iterator[Beside]:
    """What the notebooks may import or read, the harness and the service's own left out."""
    own = {found.path for found in chosen}
    for found in listed[:MAX_LISTED]:
        path = found.path or found.beside
        if path is not None and path not in own and not _of_the_harness(found):
            yield Beside("/".join(found.parts), path)


def _of_the_harness(found: Found) -> bool:
    name = found.name.casefold()
    tests = name.startswith("test_") or name.endswith("_test.py")
    return tests or name in _HARNESS or found.parts[0] == _RESULTS


def _gradeable(listed: list[Found]) -> Iterator[Found]:
    for found in listed:
        useful = found.path is not None and found.suffix in GRADEABLE
        if useful and not _of_the_harness(found):
            yield found


def _likelihood(found: Found) -> tuple[bool, int, list[list[tuple[int, str]]]]:
    """Notebooks before modules, shallow before deep, then by name."""
    return found.suffix != NOTEBOOK, len(found.parts), [natural(part) for part in found.parts]


class _Given:
    """What every student was given."""

    def __init__(self, assignment: Assignment) -> None:
        self._forward = assignment.forward.source.split()
        given = starter_files(assignment).items()
        read = [_code(file.content, name) for name, file in given]
        self._starters = {code for code in read if code}

    def includes(self, found: Found) -> bool:
        assert found.path is not None
        try:
            with found.path.open("rb") as file:
                code = _code(file.read(MAX_BYTES + 1), found.name)
        except OSError:
            return False  # the pipeline says so, with the reason
        return bool(code) and (code in self._starters or " ".join(code).split() == self._forward)


def _code(content: bytes, name: str) -> tuple[str, ...]:
    """The code cells, without white space around them; empty if there are none to be read."""
    notebook = read_notebook(content, name)
    if isinstance(notebook, Unreadable):
        return ()
    return tuple(cell.source.strip() for cell in notebook.cells if cell.kind == "code")
