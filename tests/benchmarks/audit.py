"""How long ordinary and audit run take: one warm sandbox, submissions one after the other."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from grader import pins

pins.apply()

from grader.assignment import load_assignment  # noqa: E402
from grader.audit import Auditor  # noqa: E402
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
    audit = statistics.median(audits[WARM:])
    rest = statistics.median(
        whole - part for whole, part in zip(wholes[WARM:], audits[WARM:], strict=True)
    )
    print("One warm submission, nothing shared")
    print(f"  without the audit  {rest * 1000:7.0f} ms")
    print(f"  the audit          {audit * 1000:7.0f} ms")
    print(f"  it adds            {100 * audit / rest:7.0f} %   (at most 15 %)")


main(*sys.argv[1:])
