"""How long ordinary run and clean room take: one warm sandbox, submissions one after the other."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from grader.protocol import determinism

determinism.apply()

from timing import Times  # noqa: E402

from grader.assignment import load_assignment  # noqa: E402
from grader.cleanroom.inspection import Inspection  # noqa: E402
from grader.pipeline import Grader  # noqa: E402
from grader.sandbox import open_sandbox  # noqa: E402
from grader.submission import Submission  # noqa: E402

WARM = 2


def main(folder: str, data: str, *notebooks: str) -> None:
    assignment = load_assignment(Path(folder), data=Path(data))
    rooms: list[float] = []
    original = Inspection.run

    def timed(self: Inspection) -> None:
        begun = time.perf_counter()
        try:
            original(self)
        finally:
            rooms.append(time.perf_counter() - begun)

    Inspection.run = timed  # type: ignore[method-assign]
    wholes = []
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(Path(data) / "names.txt", name)
        with open_sandbox([name]) as sandbox:
            grader = Grader(assignment, sandbox, Path(name))
            for path in notebooks:
                begun = time.perf_counter()
                grader.grade(Submission(id="x", candidates=(Path(path),), origin=path))
                wholes.append(time.perf_counter() - begun)
    rests = [whole - part for whole, part in zip(wholes, rooms, strict=True)]
    record = {
        "cleanroom": Times(tuple(rooms[WARM:])).record(),
        "rest": Times(tuple(rests[WARM:])).record(),
    }
    print(json.dumps(record))


main(*sys.argv[1:])
