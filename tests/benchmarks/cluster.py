"""Two Dask workers against two local jobs: the same class, in turn, whole commands.

The cluster is started before, as it would be standing there; each command opens its own
sandboxes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import in_turn

sys.path.insert(0, str(Path(__file__).parents[1]))
from dask_cluster import dask_cluster

ROOT = Path(__file__).parents[2]
ASSIGNMENT = ROOT / "assignments" / "backprop_ninja"
SOLUTION = ROOT / "solutions" / "backprop_ninja" / "solution.ipynb"
ROUNDS = 3


def main(size: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make = [sys.executable, str(Path(__file__).with_name("classroom.py")), str(ASSIGNMENT)]
        made = folder / "class"
        subprocess.run([*make, str(SOLUTION), str(made), str(size)], check=True)
        grade = [sys.executable, "-m", "grader", "grade", str(made), "--regrade"]
        grade += ["--assignment", str(ASSIGNMENT), "--out", str(folder / "out")]
        with dask_cluster(folder, workers=2) as cluster:
            away = [*grade, "--cluster", cluster.address]
            local, dask = in_turn([[*grade, "--jobs", "2"], away], folder, rounds=ROUNDS)
        shutil.rmtree(folder / "out")
    record = {
        "submissions": size,
        "local": local.each(size).record(),
        "dask": dask.each(size).record(),
        "ratio": local.median / dask.median,
    }
    print(json.dumps(record))


if __name__ == "__main__":
    main(int(sys.argv[1]))
