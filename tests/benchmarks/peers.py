"""nbgrader, otter and a bare `nbconvert --execute` on the notebooks that we grade.

Each peer is set up as its user would: a course or a bundle with one `allclose` test a target.
None of them has jobs of its own, so two jobs are two commands side by side.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import peer_tests
from environments import Environment
from timing import Line, side_by_side


class Peer(Protocol):
    """A tool that grades or runs notebooks."""

    name: str
    version: str
    scores: dict[str, float]
    """Points by notebook, all that were graded so far."""

    def grade(self, notebooks: Sequence[Path], folder: Path, jobs: int) -> float:
        """Seconds for all, in a new folder; raises RuntimeError if it did not do its work."""


def set_up(where: Path, scratch: Path, solution: Path, data: Path) -> list[Peer]:
    """All peers; their environments are made in `where` unless they are there."""
    places = [scratch / name for name in ("nbgrader", "otter")]
    for place in places:
        place.mkdir(parents=True)
    return [
        Nbgrader(where, places[0], solution, data),
        Otter(where, places[1], data),
        Nbconvert(data),
    ]


class Nbgrader:
    """`nbgrader autograde`, then `generate_feedback`; each job has a course of its own."""

    name = "nbgrader"

    def __init__(self, where: Path, scratch: Path, solution: Path, data: Path) -> None:
        self.scores: dict[str, float] = {}
        self.environment = Environment("nbgrader", where)
        self.version = self.environment.version
        self.variables = self.environment.variables(scratch)
        self.data = data
        self.course = scratch / "course"
        source = self.course / "source" / "bench"
        source.mkdir(parents=True)
        shutil.copytree(data, source / "data")
        self._write(solution, source)
        command = [self.environment.command("nbgrader"), "generate_assignment", "bench"]
        side_by_side([Line(self.course, [command], self.variables)])

    def grade(self, notebooks: Sequence[Path], folder: Path, jobs: int) -> float:
        tool = self.environment.command("nbgrader")
        commands = [[tool, "autograde", "bench"], [tool, "generate_feedback", "bench"]]
        lines = []
        for number, some in enumerate(_dealt(notebooks, jobs)):
            course = folder / str(number)
            shutil.copytree(self.course, course)
            for path in some:
                place = course / "submitted" / path.stem / "bench"
                place.mkdir(parents=True)
                shutil.copytree(self.data, place / "data")
                self._write(path, place)
            lines.append(Line(course, commands, self.variables))
        seconds = side_by_side(lines)
        for line in lines:
            self._check(line.folder)
        # Once more nothing is left to do: what the commands take to start is a class's, not
        # a submission's.
        return seconds - side_by_side(lines)

    def _check(self, course: Path) -> None:
        export = [self.environment.command("nbgrader"), "export"]
        side_by_side([Line(course, [export], self.variables)])
        with (course / "grades.csv").open(encoding="utf-8") as file:
            scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
        pages = list(course.glob("feedback/*/bench/bench.html"))
        if len(pages) != len(scores) or not scores or min(scores.values()) <= 0:
            raise RuntimeError(f"nbgrader did not grade: {scores}")
        self.scores |= scores

    def _write(self, path: Path, folder: Path) -> None:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = []
        for cell in notebook["cells"]:
            here = cell.get("id", "")
            answer = here in peer_tests.ANSWERS
            cells.append(_marked(cell, here, solution=True) if answer else cell)
            if here == "exercise-4":
                cells.append(_marked(_code("last-step", peer_tests.LAST_STEP), "last-step"))
            for target, test in peer_tests.TESTS.get(here, {}).items():
                name = f"{here}-{target}"
                cells.append(_marked(_code(name, test), name, grade=True))
        text = json.dumps({**notebook, "cells": cells})
        (folder / "bench.ipynb").write_text(text, encoding="utf-8")


class Otter:
    """`otter run`, once a notebook, without its containers."""

    name = "otter"

    def __init__(self, where: Path, scratch: Path, data: Path) -> None:
        self.scores: dict[str, float] = {}
        self.environment = Environment("otter-grader", where)
        self.version = self.environment.version
        self.variables = self.environment.variables(scratch)
        self.bundle = scratch / "autograder.zip"
        with zipfile.ZipFile(self.bundle, "w") as bundle:
            bundle.writestr("otter_config.json", "{}")
            for path in data.iterdir():
                bundle.write(path, f"files/data/{path.name}")
            for cell, tests in peer_tests.TESTS.items():
                bundle.writestr(f"tests/{cell}.py", self._test(cell, tests))

    def grade(self, notebooks: Sequence[Path], folder: Path, jobs: int) -> float:
        folder.mkdir(parents=True)
        tool = [self.environment.command("otter"), "run", "-a", str(self.bundle), "--no-logo"]
        lines, outs = [], []
        for some in _dealt(notebooks, jobs):
            commands = []
            for path in some:
                copy, out = folder / path.name, folder / path.stem
                out.mkdir()
                outs.append(out)
                self._write(path, copy)
                commands.append([*tool, "-o", str(out), str(copy)])
            lines.append(Line(folder, commands, self.variables))
        seconds = side_by_side(lines)
        for out in outs:
            self._check(out)
        return seconds

    def _check(self, out: Path) -> None:
        results = json.loads((out / "results.json").read_text(encoding="utf-8"))
        scores = [test.get("score", 0.0) for test in results["tests"]]
        if len(scores) <= len(peer_tests.TESTS) or sum(scores) <= 0:
            raise RuntimeError(f"otter did not grade: {results}")
        self.scores[out.name] = sum(scores)

    def _test(self, cell: str, tests: dict[str, str]) -> str:
        cases = [{"code": f">>> {test}\n", "hidden": False, "points": 1} for test in tests.values()]
        suite = {"cases": cases, "scored": True, "setup": "", "teardown": "", "type": "doctest"}
        test = {"name": cell, "points": None, "suites": [suite]}
        return f"OK_FORMAT = True\ntest = {test!r}\n"

    def _write(self, path: Path, copy: Path) -> None:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        begin = "import otter\ngrader = otter.Notebook()"
        cells = [_code("otter", begin)]
        for cell in notebook["cells"]:
            cells.append(cell)
            if (here := cell.get("id", "")) in peer_tests.TESTS:
                if here == "exercise-4":
                    cells.append(_code("last-step", peer_tests.LAST_STEP))
                cells.append(_code(f"check-{here}", f'grader.check("{here}")'))
        copy.write_text(json.dumps({**notebook, "cells": cells}), encoding="utf-8")


class Nbconvert:
    """`jupyter nbconvert --execute`, once a notebook: no grading, the floor of what starts a
    kernel for each.
    """

    name = "nbconvert"

    def __init__(self, data: Path) -> None:
        from importlib.metadata import version

        self.version = version("nbconvert")
        self.scores: dict[str, float] = {}
        self.data = data

    def grade(self, notebooks: Sequence[Path], folder: Path, jobs: int) -> float:
        folder.mkdir(parents=True)
        shutil.copytree(self.data, folder / "data")
        tool = [sys.executable, "-m", "nbconvert", "--execute", "--allow-errors"]
        lines = []
        for some in _dealt(notebooks, jobs):
            copies = [shutil.copy(path, folder) for path in some]
            options = ["--to", "notebook", "--output-dir", str(folder / "executed")]
            lines.append(Line(folder, [[*tool, *options, str(copy)] for copy in copies], None))
        seconds = side_by_side(lines)
        if len(list(folder.glob("executed/*.ipynb"))) != len(notebooks):
            raise RuntimeError("nbconvert did not execute all")
        return seconds


def _dealt(notebooks: Sequence[Path], jobs: int) -> list[Sequence[Path]]:
    return [notebooks[number::jobs] for number in range(jobs)]


def _code(name: str, source: str) -> dict[str, Any]:
    empty = {"metadata": {}, "outputs": [], "execution_count": None}
    return {"cell_type": "code", "id": name, "source": source, **empty}


def _marked(
    cell: dict[str, Any], name: str, *, grade: bool = False, solution: bool = False
) -> dict[str, Any]:
    """The cell with what nbgrader wants to know of it."""
    mark: dict[str, Any] = {
        "schema_version": 3,
        "grade_id": name,
        "grade": grade,
        "solution": solution,
        "locked": not solution,
        "task": False,
    }
    if grade:
        mark["points"] = 1
    return {**cell, "metadata": {**cell["metadata"], "nbgrader": mark}}
