"""`make bench`: the grader against the bare notebook and against nbconvert, in one run.

The class is made of the bundled solution, each copy with a cell of its own, so that every
file is another one. Training stands at ten steps for all tools alike.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timing import Times, in_turn, measured, timed

ROOT = Path(__file__).parents[2]
ASSIGNMENT = ROOT / "assignments" / "backprop_ninja"
SOLUTION = ROOT / "solutions" / "backprop_ninja" / "solution.ipynb"
CLASS_SIZE = 50
GROWTH = [int(size) for size in os.environ.get("GROWTH", "100 1000").split()]
"""Sizes of classes; 10000 takes most of an hour."""
FLOOR = 100
"""Submissions that are held against the floor."""
SAMPLE = 4
"""Notebooks that nbconvert is timed on, twice: it takes seconds for each."""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        notebooks = _class(folder / "class")
        for place in (folder, folder / "class"):  # nbconvert runs a notebook where it lies
            shutil.copytree(ASSIGNMENT / "data", place / "data")
        print(
            f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}\n"
        )
        _cold(folder, notebooks[0])
        _audit(folder, notebooks)
        _bulk(folder, notebooks)
        _class_of_mutants(folder)


def _class(folder: Path) -> list[Path]:
    folder.mkdir()
    text = SOLUTION.read_text(encoding="utf-8").replace("max_steps = 200000", "max_steps = 10")
    paths = []
    for number in range(CLASS_SIZE):
        notebook = json.loads(text)
        own = {**notebook["cells"][0], "id": "own", "source": f"Student number {number}"}
        notebook["cells"].insert(1, own)
        paths.append(folder / f"student-{number:02}.ipynb")
        paths[-1].write_text(json.dumps(notebook), encoding="utf-8")
    return paths


def _grader(folder: Path, what: Path, *, jobs: int) -> list[str]:
    assignment = ["--assignment", str(ASSIGNMENT)]
    out = ["--out", str(folder / "out"), "--jobs", str(jobs)]
    return [sys.executable, "-m", "grader", "grade", str(what), *assignment, *out]


def _cold(folder: Path, notebook: Path) -> None:
    bare = [sys.executable, str(Path(__file__).with_name("bare.py")), str(notebook)]
    ours, theirs = in_turn([_grader(folder, notebook, jobs=1), bare], folder, rounds=7)
    print("One cold notebook")
    print(f"  grader grade   {ours}")
    print(f"  bare process   {theirs}")
    print(f"  ratio          {ours.median / theirs.median:6.2f}   (at most 1.5)\n")


def _audit(folder: Path, notebooks: list[Path]) -> None:
    """What the audit adds to one submission, warm; with data of the size that the exercise
    usually has, since every student builds a data set from it first."""
    large = folder / "large"
    large.mkdir()
    names = (ASSIGNMENT / "data" / "names.txt").read_text()
    (large / "names.txt").write_text(names * 6)
    command = [sys.executable, str(Path(__file__).with_name("audit.py"))]
    done = subprocess.run(
        [*command, str(ASSIGNMENT), str(large), *map(str, notebooks[:12])],
        check=True,
        capture_output=True,
        text=True,
    )
    print(done.stdout)


def _bulk(folder: Path, notebooks: list[Path]) -> None:
    ours = Times(tuple(timed(_grader(folder, folder / "class", jobs=2), folder) for _ in range(3)))
    theirs = Times(tuple(_nbconvert(folder, path) for path in notebooks[:SAMPLE] * 2))
    each = ours.median / len(notebooks)
    print(f"{len(notebooks)} submissions, two jobs")
    print(f"  grader grade          {ours}  {each * 1000:8.1f} ms each")
    print(f"  nbconvert --execute   {theirs}  each, one at a time")
    print(f"  ratio                 {theirs.median / each:6.1f}   (at least 10)")


def _class_of_mutants(folder: Path) -> None:
    """A class that kept the starter's set-up: against the floor, two jobs, and growth."""
    largest = folder / "mutants"
    _script("classroom.py", ASSIGNMENT, SOLUTION, largest, max(GROWTH))
    notebooks = sorted(largest.iterdir())
    print(_script("floor.py", ASSIGNMENT, *notebooks[:FLOOR]))
    times: dict[tuple[int, int], float] = {}
    print("A class that kept the starter's set-up")
    for size, jobs in [(GROWTH[0], 1), *((size, 2) for size in GROWTH)]:
        some = folder / f"class-{size}"
        some.mkdir(exist_ok=True)
        for path in notebooks[:size]:
            shutil.copy(path, some)
        seconds, peak = measured(_grader(folder, some, jobs=jobs), folder)
        times[size, jobs] = seconds
        each = seconds / size * 1000
        print(f"  {size:6} submissions, {jobs} jobs {each:8.1f} ms each, peak {peak:5.0f} MB")
    ratio = times[GROWTH[0], 1] / times[GROWTH[0], 2]
    print(f"  two jobs against one   {ratio:6.2f}   (at least 1.8)")


def _script(name: str, *arguments: object) -> str:
    command = [sys.executable, str(Path(__file__).with_name(name)), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _nbconvert(folder: Path, path: Path) -> float:
    jupyter = str(Path(sys.executable).with_name("jupyter"))
    command = [jupyter, "nbconvert", "--execute", "--to", "notebook", "--output-dir"]
    return timed([*command, str(folder / "executed"), str(path)], folder)


if __name__ == "__main__":
    begun = time.perf_counter()
    main()
    print(f"\nmeasured in {time.perf_counter() - begun:.0f} s")
