"""docs/student.md, from nothing to a checked gradient: its commands run, in an environment and a
kernel of their own, and its cells.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

PAGE = (ROOT / "docs" / "student.md").read_text("utf-8")
WALK = PAGE.partition("## From nothing")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", WALK, re.DOTALL | re.MULTILINE)
COMMANDS = [
    line.partition("#")[0].strip()
    for kind, block in BLOCKS
    for line in block.splitlines()
    if kind == "sh"
]
ANSWER, ASK, COLAB, _ = (block for kind, block in BLOCKS if kind == "python")
(SHOWN,) = (block for kind, block in BLOCKS if not kind)
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


class Walk:
    """Somebody who follows the page."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        self.home = folder / "home"
        self.python = folder / ".venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
        self.data = folder / "jupyter"

    def install(self) -> None:
        """What `pip install` leaves behind, from what is here: nothing is fetched in a test."""
        venv.create(self.python.parents[1], with_pip=False)
        (packages,) = self.python.parents[1].rglob("site-packages")
        places = [path for path in sys.path if path.endswith("-packages")] + [str(ROOT)]
        (packages / "here.pth").write_text("\n".join(places), "utf-8")

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """A command of the page."""
        program, *rest = shlex.split(command)
        called = [str(self.python), *(["-m", "grader"] if program == "grader" else []), *rest]
        return subprocess.run(
            called,
            check=False,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )

    @property
    def environment(self) -> dict[str, str]:
        own = {"JUPYTER_DATA_DIR": str(self.data), "IPYTHONDIR": str(self.data / "ipython")}
        return {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | own

    def execute(self, *more: str) -> list[list[Any]]:
        """The notebook in its kernel, with cells at the end; the outputs of all cells."""
        path = self.folder / "micro_mlp.ipynb"
        document = nbformat.read(path, as_version=4)
        document.cells += [new_code_cell(source) for source in more]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JUPYTER_DATA_DIR", str(self.data))
            patch.setenv("IPYTHONDIR", str(self.data / "ipython"))
            patch.setenv("JPY_SESSION_NAME", str(path))
            place = {"metadata": {"path": str(self.folder)}}
            NotebookClient(document, timeout=180, kernel_name="backprop", resources=place).execute()
        return [cell.get("outputs", []) for cell in document.cells]


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """The page followed up to the first answer."""
    walk = Walk(tmp_path_factory.mktemp("fresh"))
    walk.install()
    for command in COMMANDS[3:5]:
        assert walk.run(command).returncode == 0, command
    return walk


@pytest.fixture(scope="module")
def answered(walk: Walk) -> str:
    """What `check()` shows below the page's answer, which is saved."""
    path = walk.folder / "micro_mlp.ipynb"
    document = json.loads(path.read_text("utf-8"))
    cell = next(c for c in document["cells"] if "# YOUR CODE HERE" in "".join(c["source"]))
    cell["source"] = "".join(cell["source"]).replace("# YOUR CODE HERE", ANSWER)
    path.write_text(json.dumps(document), "utf-8")
    (output,) = walk.execute(ASK)[-1]
    text = output["data"]["text/plain"]
    assert isinstance(text, str)
    return text


def test_the_commands_are_those_that_the_test_knows() -> None:
    first = [" ".join(command.split()[:3]) for command in COMMANDS]
    assert first == [
        "python -m venv",
        ". .venv/bin/activate",
        "python -m pip",
        "python -m ipykernel",
        "grader start micro_mlp",
        "grader check micro_mlp.ipynb",
    ]
    assert COMMANDS[2].endswith("ipykernel")
    assert HERE in WALK


def test_the_starter_runs_as_it_is(walk: Walk) -> None:
    shown = walk.execute(ASK)
    assert not [o for cell in shown for o in cell if o["output_type"] == "error"]
    assert "not there yet: dsq, derr" in shown[-1][0]["data"]["text/plain"]


def test_check_shows_what_the_page_says(answered: str) -> None:
    for line in SHOWN.splitlines():
        mark, name, words = line.split(maxsplit=2)
        assert re.search(rf"{mark} {name} +{re.escape(words)}", answered), answered
    assert "step right" in answered
    assert "derr = err * dsq" in answered
    assert re.search(r"why +`derr` is .*the same for every element", answered)
    assert "Steps are not seen here" not in answered


def test_the_terminal_gives_the_same_verdicts(walk: Walk, answered: str) -> None:
    found = walk.run(COMMANDS[5])
    assert found.returncode == 1, found.stderr
    rows = [line.split() for line in answered.splitlines() if re.match(r"  [✓✗↳~?] ", line)]
    assert rows
    assert [
        line.split() for line in found.stdout.splitlines() if re.match(r"  [✓✗↳~?] ", line)
    ] == rows


def test_the_cell_for_colab_keeps_the_torch_that_is_there(tmp_path: Path) -> None:
    lines = COLAB.splitlines()
    install = lines.pop()
    subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=tmp_path, check=True, timeout=60)
    kept = (tmp_path / "kept.txt").read_text("utf-8").split()
    assert kept == [f"torch=={version('torch')}", f"numpy=={version('numpy')}"]
    assert "-c kept.txt" in install


@pytest.mark.parametrize("code", ["import grader", "import runpy; runpy.run_path('setup.py')"])
def test_an_older_python_is_refused_before_anything_is_fetched(code: str) -> None:
    text = "3.10.13 (main, Oct  1 2026, 12:00:00) [GCC 13.2.0]"
    older = f"import sys; sys.version, sys.version_info = {text!r}, (3, 10, 13); {code}"
    found = subprocess.run(
        [sys.executable, "-c", older],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.returncode == 1
    assert re.search(r"grader needs Python 3\.11 or later.*this is 3\.10\.13", found.stderr)
