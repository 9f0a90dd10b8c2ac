"""`python -m grader.authoring FILE DRAFT`: a file run in a process of its own, and understood."""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import msgspec

from grader.protocol import determinism


def main(file: str, out: str) -> int:
    """Exit status 0 with a draft, 1 with the reason why there is none."""
    determinism.apply()
    os.environ.setdefault("MPLBACKEND", "Agg")
    from grader.authoring.draft import drafted
    from grader.authoring.fault import DraftError
    from grader.notebook import Unreadable, read_notebook

    path = Path(file).resolve()
    notebook = read_notebook(path.read_bytes(), path.name)
    target = Path(out).resolve()
    if isinstance(notebook, Unreadable):
        target.write_text(notebook.reason, encoding="utf-8")
        return 1
    os.chdir(path.parent)
    sys.path.insert(0, str(path.parent))
    warnings.simplefilter("ignore")
    try:
        with (
            Path(os.devnull).open("w") as nowhere,
            redirect_stdout(nowhere),
            redirect_stderr(nowhere),
        ):
            draft = drafted(notebook)
    except DraftError as error:
        target.write_text(str(error), encoding="utf-8")
        return 1
    target.write_bytes(msgspec.json.encode(draft))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
