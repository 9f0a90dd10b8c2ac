"""The wheel as it is built for others: what is in it is found once it is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

ASSIGNMENTS = ROOT / "assignments"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, without network: setuptools comes with PyTorch."""
    source = tmp_path_factory.mktemp("source") / "copy"
    source.mkdir()
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("grader", "assignments"):
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, source)
    out = source.parent / "out"
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", out, source], check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


def test_it_holds_whole_assignments_without_examples_and_solutions(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    own = {path.relative_to(ASSIGNMENTS) for path in ASSIGNMENTS.rglob("*") if path.is_file()}
    wanted = {
        f"grader/bundled/{path.as_posix()}"
        for path in own
        if "__pycache__" not in path.parts and path.parts[1] != "examples"
    }
    assert wanted <= names
    bundled = {name for name in names if name.startswith("grader/bundled/")}
    assert bundled == wanted
    assert not [name for name in names if "solution" in name.rpartition("/")[2]]
    assert not [name for name in names if name.startswith("grader/proof/")], "it is the authors'"


def test_installed_it_finds_its_assignments_by_name(wheel: Path, tmp_path: Path) -> None:
    target, away = tmp_path / "target", tmp_path / "away"
    away.mkdir()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", target, wheel], check=True, capture_output=True)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import grader; "
        "from grader.assignment.loader import known_assignments, load_assignment; "
        "found = known_assignments(); load_assignment(found['backprop_ninja']); "
        "print(grader.__file__, *found.values(), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, str(target)],
        cwd=away,
        capture_output=True,
        text=True,
        check=True,
    )
    where, *folders = map(Path, done.stdout.split("\n")[:-1])
    assert where.is_relative_to(target)
    assert {folder.name for folder in folders} == {
        folder.parent.name for folder in ASSIGNMENTS.glob("*/assignment.toml")
    }
    assert all(folder.parent == target / "grader" / "bundled" for folder in folders)
