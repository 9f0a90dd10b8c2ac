"""Classes of any size: the solution with one mistake put in or one step written anew, and a
cell of the student's own, so that every file is another one.
"""

from __future__ import annotations

import json
import sys
from itertools import cycle, islice
from pathlib import Path

from grader.protocol import determinism

determinism.apply()

from grader.assignment import load_assignment  # noqa: E402
from grader.proof.breaking import mutants  # noqa: E402
from grader.proof.mutant import MutantTally  # noqa: E402
from grader.proof.rewriting import rewrites  # noqa: E402

KINDS = 50
"""Different mutants; larger classes repeat them."""


def main(folder: str, solution: str, out: str, size: str) -> None:
    assignment = load_assignment(Path(folder))
    text = Path(solution).read_text(encoding="utf-8")
    notebook = json.loads(text.replace("max_steps = 200000", "max_steps = 10"))
    tally = MutantTally()
    made = [*mutants(notebook, assignment, tally), *rewrites(notebook, assignment, tally)]
    chosen = made[:: max(len(made) // KINDS, 1)]
    Path(out).mkdir(parents=True)
    for number, mutant in enumerate(islice(cycle(chosen), int(size))):
        own = {**notebook["cells"][0], "id": "own", "source": f"Student number {number}"}
        cells = [*mutant.notebook["cells"], own]
        content = json.dumps({**mutant.notebook, "cells": cells})
        (Path(out) / f"student-{number:05}.ipynb").write_text(content, encoding="utf-8")


main(*sys.argv[1:])
