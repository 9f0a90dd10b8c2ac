"""What was handed in beside the notebook is beside it, and shadows nothing of the grader's."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import BACKWARD, FORWARD, SETUP, exercise, notebook

from grader.exercises.beside import MAX_BYTES, surroundings
from grader.pipeline import Grader
from grader.records.comparison import RIGHT
from grader.submission import discover

HELPERS = "def size():\n    return 32\n"
VALUES = 26


@pytest.fixture
def graded(tmp_path, assignment, sandbox, data):
    """Grades what lies in a student's folder; returns how many of its values are right."""

    def run(files: dict[str, str | bytes], *, packed: bool = False):
        root = tmp_path / "class" / "ada"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        if packed:
            shutil.make_archive(str(tmp_path / "class" / "ada"), "zip", root)
            shutil.rmtree(root)
        (submission,) = discover([tmp_path / "class"], tmp_path / "work").submissions
        card = Grader(assignment, sandbox, data).grade(submission).card
        if card.status == "ungraded":
            return card.reason
        return sum(row.verdict in RIGHT for row in exercise(card, "exercise-1").targets)

    return run


def hw(first: str) -> bytes:
    """A notebook whose every line comes after its first one, or never."""
    return notebook(f"{first}\nright = (0,)[value - 32]\n{SETUP}", FORWARD, BACKWARD)


WAYS = {
    "import": ("from helpers import size\nvalue = size()", {"helpers.py": HELPERS}),
    "a package": (
        "from tools.sizes import size\nvalue = size()",
        {
            "tools/__init__.py": "",
            "tools/sizes.py": "from .deep import size\n",
            "tools/deep.py": HELPERS,
        },
    ),
    "%run": ("%run helpers.py\nvalue = size()", {"helpers.py": HELPERS}),
    "%run without a suffix": ("%run helpers\nvalue = size()", {"helpers.py": HELPERS}),
    "%run of a notebook": (
        "%run ./setup.ipynb\nvalue = size()",
        {"setup.ipynb": notebook("%matplotlib inline", HELPERS)},
    ),
    "exec": ("exec(open('helpers.py').read())\nvalue = size()", {"helpers.py": HELPERS}),
    "a data file": (
        "import json\nvalue = json.load(open('data/size.json'))",
        {"data/size.json": "32"},
    ),
}


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_what_was_handed_in_beside_the_notebook_is_beside_it(graded, way, packed):
    line, files = way
    assert graded({"hw.ipynb": hw(line), **files}, packed=packed) == VALUES


def test_a_file_is_beside_a_notebook_in_a_folder_too(graded):
    files = {"work/hw.ipynb": hw("from helpers import size\nvalue = size()")}
    assert graded({**files, "work/helpers.py": HELPERS}) == VALUES


def test_without_the_file_it_is_named_and_nobody_gets_a_zero(graded):
    reason = graded({"hw.ipynb": hw("from helpers import size\nvalue = size()")})
    assert "no module named helpers" in reason


@pytest.mark.parametrize("name", ["random.py", "torch.py", "grader/__init__.py", "difflib.py"])
def test_nothing_beside_the_notebook_shadows_what_the_grader_stands_on(graded, name):
    line = "import random, difflib, grader, torch\nvalue = 32"
    assert graded({"hw.ipynb": hw(line), name: "raise SystemExit('mine')"}) == VALUES


def test_names_of_files_lead_nowhere_else(tmp_path, monkeypatch):
    from grader.worker.beside import lay

    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.txt").write_text("the assignment's")
    names = ["../evil.py", "/tmp/evil.py", "names.txt", "a/b.py"]
    assert list(lay(dict.fromkeys(names, b"mine"))) == []
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["b.py", "names.txt"]
    assert (tmp_path / "names.txt").read_text() == "the assignment's"
    assert not (tmp_path.parent / "evil.py").exists()


def test_the_smallest_files_come_first_where_not_all_can_come(tmp_path):
    folder: Path = tmp_path / "class" / "ada"
    folder.mkdir(parents=True)
    (folder / "hw.ipynb").write_text(json.dumps({"cells": [], "nbformat": 4}))
    for name in ("a.bin", "b.bin", "c.bin"):
        (folder / name).write_bytes(bytes(MAX_BYTES // 2 - 10))
    (folder / "helpers.py").write_text(HELPERS)
    (submission,) = discover([tmp_path / "class"], tmp_path / "work").submissions
    found = surroundings(submission, 0)
    assert "helpers.py" in found.files
    assert len(found.files) + len(found.left_out) == 4
    assert sum(map(len, found.files.values())) <= MAX_BYTES
