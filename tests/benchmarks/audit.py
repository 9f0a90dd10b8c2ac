"""How long ordinary and audit run take: one warm sandbox, submissions one after the other."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from grader import pins

pins.apply()

from grader.audit import Auditor  # noqa: E402
from timing import Times  # noqa: E402

from grader.assignment import load_assignment  # noqa: E402
from grader.pipeline import Grader  # noqa: E402
from grader.sandbox import open_sandbox  # noqa: E402
from grader.submission import Submission  # noqa: E402

WARM = 2


def main(folder: str, data: str, *notebooks: str) -> None:
    assignment = load_assignment(Path(folder), data=Path(data))
    audits: list[float] = []
    original = Auditor.audit

    def timed(self: Auditor, *arguments: object) -> object:
        begun = time.perf_counter()
        try:
            return original(self, *arguments)  # type: ignore[arg-type]
        finally:
            audits.append(time.perf_counter() - begun)

    Auditor.audit = timed  # type: ignore[assignment,method-assign]
    wholes = []
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(Path(data) / "names.txt", name)
        with open_sandbox([name]) as sandbox:
            grader = Grader(assignment, sandbox, Path(name))
            for path in notebooks:
                begun = time.perf_counter()
                grader.grade(Submission(id="x", candidates=(Path(path),), origin=path))
                wholes.append(time.perf_counter() - begun)
    rests = [whole - part for whole, part in zip(wholes, audits, strict=True)]
    record = {
        "audit": Times(tuple(audits[WARM:])).record(),
        "rest": Times(tuple(rests[WARM:])).record(),
    }
    print(json.dumps(record))


main(*sys.argv[1:])
