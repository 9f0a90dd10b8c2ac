"""`make bench`: how fast the grader is, beside what else there is, all in one run.

Training stands at ten steps for all tools alike. Results go to reports/bench/: results.json,
of which `table.py` makes the README's table, and two plots. QUICK=1 tries it all in little;
GROWTH="100 1000 10000" grows further; --peers names the folder of the peers' environments.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import plots
import sizes
from command import Command
from contest import Contest
from machine import machine
from peers import set_up
from table import table
from timing import Times, timed
from unrelated import make_unrelated

ROOT = Path(__file__).parents[2]
ASSIGNMENT = ROOT / "assignments" / "backprop_ninja"
SOLUTION = ROOT / "solutions" / "backprop_ninja" / "solution.ipynb"
RESULTS = ROOT / "reports" / "bench"


class Bench:
    """All measurements, one method each; each returns its part of results.json."""

    def __init__(self, folder: Path, where: Path) -> None:
        self.sizes, self.folder, self.where = sizes.chosen(), folder, where
        self.command = Command(ASSIGNMENT, folder)
        most = max(self.sizes.kept, self.sizes.unrelated, self.sizes.jobs, *self.sizes.growth)
        _script("classroom.py", ASSIGNMENT, SOLUTION, folder / "all", most)
        self.notebooks = sorted((folder / "all").iterdir())
        shutil.copytree(ASSIGNMENT / "data", folder / "data")
        self.kept = self._class("kept", self.sizes.kept)
        self.unrelated = make_unrelated(
            self.notebooks[: self.sizes.unrelated], folder / "unrelated"
        )

    def _class(self, name: str, size: int) -> list[Path]:
        folder = self.folder / name
        folder.mkdir()
        return [Path(shutil.copy(path, folder)) for path in self.notebooks[:size]]

    def cold(self) -> dict[str, Any]:
        """One notebook by a command of its own, and the bare process, in turn."""
        notebook = self.unrelated[0]
        bare = [sys.executable, str(Path(__file__).with_name("bare.py")), str(notebook)]
        ours, theirs = [], []
        for _ in range(self.sizes.cold + 1):
            ours.append(self.command.seconds(notebook, jobs=1))
            theirs.append(timed(bare, self.folder))
        mine, least = Times(tuple(ours[1:])), Times(tuple(theirs[1:]))
        return {
            "grader": mine.record(),
            "bare": least.record(),
            "ratio": mine.median / least.median,
        }

    def cleanroom(self) -> Any:
        """What the clean room adds to one warm submission that shares nothing; with data of the
        size that the exercise usually has, since every student builds a data set from it.
        """
        large = self.folder / "large"
        large.mkdir()
        (large / "names.txt").write_text((ASSIGNMENT / "data" / "names.txt").read_text() * 6)
        return json.loads(_script("cleanroom.py", ASSIGNMENT, large, *self.unrelated[:12]))

    def floor(self) -> Any:
        """One submission that kept the set-up against the least that it can cost."""
        return json.loads(_script("floor.py", ASSIGNMENT, *self.kept[: self.sizes.floor]))

    def memory(self) -> Any:
        """What a run of a submission that kept the set-up takes above its template."""
        return json.loads(_script("memory.py", ASSIGNMENT, *self.kept[: self.sizes.memory]))

    def cluster(self) -> Any:
        """Two Dask workers against two local jobs."""
        return json.loads(_script("cluster.py", self.sizes.cluster))

    def modules(self) -> Any:
        """A class of modules of functions, beside a numerical check in a Jupyter kernel."""
        return json.loads(_script("modules.py", self.sizes.modules, self.sizes.peers))

    def contest(self) -> dict[str, Any]:
        """Against the peers."""
        data = ASSIGNMENT / "data"
        peers = set_up(self.where, self.folder / "peers", SOLUTION, data)
        contest = Contest(self.command, peers, self.folder, self.sizes)
        classes = {"kept": self.kept, "unrelated": self.unrelated}
        return {
            "versions": {peer.name: peer.version for peer in peers},
            "records": contest.run(classes),
        }

    def growth(self) -> list[dict[str, Any]]:
        """Classes of growing size that kept the set-up, two jobs; `each` without the start of
        the command, which is taken to be what one submission needs.
        """
        alone = self._class("class-1", 1)[0].parent
        start = min(self.command.seconds(alone, jobs=2) for _ in range(2))
        found = []
        for size in self.sizes.growth:
            some = self._class(f"class-{size}", size)[0].parent
            seconds, peak, again = self.command.growth(some, jobs=2)
            each = (seconds - start) / (size - 1)
            record = {"submissions": size, "seconds": seconds, "each": each, "peak_mb": peak}
            found.append(record | {"again": again})
            text = f"{each * 1000:6.1f} ms each, {peak:5.0f} MB, nothing to do: {again:.2f} s"
            print(f"  {size:6}: {text}", flush=True)
        return found

    def jobs(self) -> dict[str, float]:
        """Seconds with two jobs and with one, in turn; a class so large that the start of the
        command does not count.
        """
        folder = self._class("jobs", self.sizes.jobs)[0].parent
        two, one = (self.command.seconds(folder, jobs=jobs) for jobs in (2, 1))
        return {"submissions": self.sizes.jobs, "two": two, "one": one, "ratio": one / two}


def _script(name: str, *arguments: object) -> str:
    command = [sys.executable, str(Path(__file__).with_name(name)), *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


PARTS = ("cold", "cleanroom", "floor", "memory", "modules", "contest", "jobs", "cluster", "growth")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"what to measure anew: {', '.join(PARTS)}")
    parser.add_argument("--peers", type=Path, default=RESULTS / ".peers")
    parser.add_argument("--results", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    # As for a user: whoever forbids it compiles a hundred modules anew at every start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    begun = time.perf_counter()
    file = chosen.results / "results.json"
    results: dict[str, Any] = json.loads(file.read_text()) if chosen.parts else {}
    results["made"] = datetime.now(UTC).isoformat(timespec="seconds")
    results["machine"] = machine()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), chosen.peers.resolve())
        for part in chosen.parts or PARTS:
            print(f"{part} …", flush=True)
            results[part] = getattr(bench, part)()
    chosen.results.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(results, indent=1) + "\n")
    plots.draw(results, chosen.results)
    print(f"\n{table(results)}\n\nmeasured in {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
