"""What submissions that are made to be costly take of the trusted side: CPU time and peak memory.

    python tests/benchmarks/costly.py assignments/backprop_ninja 150

Hypothesis makes them (`tests/strategies/costly.py`) and goes where they cost more.
"""

from __future__ import annotations

import ctypes
import gc
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from grader.protocol import determinism

determinism.apply()

from hypothesis import HealthCheck, Phase, given, settings, target  # noqa: E402
from strategies.costly import Costly, costly  # noqa: E402

from grader.assignment import load_assignment  # noqa: E402
from grader.execution.data_files import staged  # noqa: E402
from grader.pipeline import Grader  # noqa: E402
from grader.sandbox import open_sandbox  # noqa: E402
from grader.submission import Submission  # noqa: E402


def main(folder: str, number: str) -> None:
    assignment = load_assignment(Path(folder))
    found: list[dict[str, object]] = []
    with (
        tempfile.TemporaryDirectory() as place,
        staged(assignment) as data,
        open_sandbox([data]) as sandbox,
    ):
        grader = Grader(assignment, sandbox, data)
        path = Path(place) / "x.ipynb"

        @settings(
            max_examples=int(number),
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate, Phase.target],
            suppress_health_check=list(HealthCheck),
        )
        @given(costly)
        def cost(made: Costly) -> None:
            path.write_bytes(made.content())
            _fresh_peak()
            begun = time.process_time()
            card = grader.grade(Submission(id="x", candidates=(path,), origin=path.name)).card
            seconds, megabytes = time.process_time() - begun, _peak_mb()
            found.append(
                {"cpu": round(seconds, 2), "mb": megabytes, "score": card.score, "run": card.run}
                | made._asdict()
            )
            print(json.dumps(found[-1]), file=sys.stderr, flush=True)
            target(seconds, label="CPU seconds")
            target(float(megabytes), label="MB")

        cost()
    for name in ("cpu", "mb"):
        print(
            json.dumps({"worst": name, "of": len(found)} | max(found, key=lambda each: each[name]))
        )


def _fresh_peak() -> None:
    """Forget the greatest size so far, and give back what is free."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) >> 10


if __name__ == "__main__":
    main(*sys.argv[1:])
