"""`python -m grader.authoring.functions FILE DRAFT`: functions called in a process of its own."""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import msgspec


def main(file: str, out: str) -> int:
    """Exit status 0 with a draft, 1 with the reason why there is none."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    from grader.authoring.fault import DraftError
    from grader.authoring.functions.understand import understood

    path, target = Path(file).resolve(), Path(out).resolve()
    os.chdir(path.parent)
    sys.path.insert(0, str(path.parent))
    warnings.simplefilter("ignore")
    try:
        with (
            Path(os.devnull).open("w") as nowhere,
            redirect_stdout(nowhere),
            redirect_stderr(nowhere),
        ):
            draft = understood(path)
    except (DraftError, OSError, UnicodeDecodeError) as error:
        target.write_text(str(error), encoding="utf-8")
        return 1
    target.write_bytes(msgspec.json.encode(draft))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
