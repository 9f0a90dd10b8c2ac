"""Gradescope's zip, unpacked into a tree like `/autograder` and its scripts run for real."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import consumers
import pytest
from conftest import BUNDLED
from test_hosted_classroom50 import SUBMISSIONS

from grader.assignment import load_assignment
from grader.errors import UsageError
from grader.export import BundleOptions, bundle_named
from grader.hosted import gradescope


@pytest.fixture(scope="module")
def autograder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image, built without a download: with this Python's packages."""
    root = tmp_path_factory.mktemp("autograder")
    files = bundle_named("gradescope").build(load_assignment(BUNDLED), BundleOptions())
    with zipfile.ZipFile(io.BytesIO(files["autograder.zip"].content)) as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, root / "source"))
            path.chmod(entry.external_attr >> 16 & 0o777)  # as unzip does
    # Gradescope runs a copy of the script, one folder up.
    shutil.copy(root / "source" / "run_autograder", root)
    done = run(root, "source/setup.sh", GRADER_PYTHON=sys.executable, PIP_NO_INDEX="1")
    assert done.returncode == 0, done.stderr
    return root


def run(root: Path, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    for name in ("submission", "results"):
        (root / name).mkdir(exist_ok=True)
    return subprocess.run(
        [root / script],
        cwd=root,
        env={**os.environ, "GRADER_ROOT": str(root), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def hand_in(root: Path, *files: tuple[str, bytes]) -> None:
    for old in (*(root / "submission").iterdir(), *(root / "results").iterdir()):
        old.unlink()
    for name, content in files:
        (root / "submission" / name).write_bytes(content)


def test_results_are_what_gradescope_reads(autograder: Path) -> None:
    (autograder / "submission_metadata.json").write_text('{"id": 17, "users": []}')
    trap = b"raise SystemExit('imported from the submission')"
    hand_in(autograder, ("work.ipynb", SUBMISSIONS["hostile"]), ("msgspec.py", trap))
    done = run(autograder, "run_autograder")
    assert done.returncode == 0, done.stderr
    document = json.loads((autograder / "results" / "results.json").read_text())
    consumers.check_gradescope(document)
    assert document["score"] == 26
    assert len(document["tests"]) == 35
    assert sum(test["max_score"] for test in document["tests"]) == 43
    assert "<script" not in document["output"]


def test_nothing_handed_in_is_a_zero_that_says_so(autograder: Path) -> None:
    hand_in(autograder, ("report.txt", b"hello"))
    assert gradescope.main([str(autograder)]) == 0
    document = json.loads((autograder / "results" / "results.json").read_text())
    assert document["score"] == 0
    assert "no notebook (.ipynb) or module (.py) was handed in" in document["output"]


def test_a_failure_of_the_machine_leaves_no_results(autograder: Path, capsys) -> None:
    hand_in(autograder, ("work.ipynb", SUBMISSIONS["half"]))
    forward = autograder / "source" / "assignment" / "forward.py"
    kept = forward.read_text()
    forward.unlink()
    try:
        assert gradescope.main([str(autograder)]) == 1
    finally:
        forward.write_text(kept)
    assert "forward.py" in capsys.readouterr().err
    assert not (autograder / "results" / "results.json").exists()


def test_the_zip_is_not_wrapped_in_a_folder() -> None:
    files = bundle_named("gradescope").build(load_assignment(BUNDLED), BundleOptions())
    with zipfile.ZipFile(io.BytesIO(files["autograder.zip"].content)) as archive:
        assert {"setup.sh", "run_autograder"} <= set(archive.namelist())


def test_packages_go_into_the_zip_as_far_as_the_limit_allows(tmp_path: Path, monkeypatch) -> None:
    from grader.export import gradescope_bundle

    assignment = load_assignment(BUNDLED)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name, size in (("torch", 5_000), ("small", 10), ("middle", 900)):
        (wheels / f"{name}-1-py3-none-any.whl").write_bytes(b"x" * size)
    monkeypatch.setattr(gradescope_bundle, "MAX_BYTES", 2_001_000)
    files = bundle_named("gradescope").build(assignment, BundleOptions(wheels=wheels))
    content = files["autograder.zip"].content
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    packed = [name for name in names if name.startswith("wheels/")]
    assert packed == ["wheels/small-1-py3-none-any.whl", "wheels/middle-1-py3-none-any.whl"]
    assert b"It holds 2 of them." in files["README.md"].content
    with pytest.raises(UsageError, match=r"there is no \.whl in it"):
        bundle_named("gradescope").build(assignment, BundleOptions(wheels=tmp_path))
