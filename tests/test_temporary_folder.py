"""Temporary folders do not outlive their run for long."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from grader import temporary_folder
from grader.temporary_folder import workspace

HOLD = """
import sys
from grader.temporary_folder import workspace
with workspace() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def another():
    """A process with a workspace of its own, and that workspace."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process, process.stdout.readline().strip()
        process.kill()


def test_a_workspace_is_gone_after_its_block(temporary):
    with workspace(mode=0o755) as folder:
        (folder / "file").touch()
        assert folder.parent == temporary
        assert folder.stat().st_mode & 0o777 == 0o755
    assert list(temporary.iterdir()) == []


def test_the_workspace_of_a_killed_run_is_removed_by_the_next(another):
    process, folder = another
    process.kill()
    process.wait()
    assert Path(folder).is_dir()
    with workspace():
        assert not Path(folder).is_dir()


def test_the_workspace_of_a_living_run_is_left_alone(another):
    _, folder = another
    with workspace():
        assert Path(folder).is_dir()


def test_a_workspace_whose_lock_nobody_holds_yet_is_left_alone_for_an_hour(temporary):
    begun = temporary / "grader-begun"
    begun.mkdir()
    (begun / ".lock").touch()
    with workspace():
        assert begun.is_dir()
    os.utime(begun, (0, 0))
    with workspace():
        assert not begun.is_dir()


def test_what_a_killed_removal_left_is_removed_by_the_next(temporary, monkeypatch):
    def killed(folder, **_):
        (Path(folder) / ".lock").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt), workspace() as folder:
        patched.setattr("shutil.rmtree", killed)
    assert len(list(temporary.iterdir())) == 1
    assert not folder.is_dir()
    with workspace():
        pass
    assert list(temporary.iterdir()) == []


def test_a_folder_that_its_owner_takes_away_meanwhile_does_not_come_back(temporary, monkeypatch):
    others = temporary / "grader-others"
    others.mkdir()
    (others / ".lock").touch()

    def taken_away(folder):
        (folder / ".lock").unlink()
        folder.rmdir()
        return False

    monkeypatch.setattr(temporary_folder, "_is_being_made", taken_away)
    with workspace():
        assert not others.exists()


MANY = """
import sys
from grader.temporary_folder import workspace
for _ in range(40):
    with workspace() as folder:
        (folder / "file").touch()
        assert (folder / "file").exists()
"""


def test_workspaces_that_are_made_side_by_side_are_left_to_their_owners(temporary):
    started = [subprocess.Popen([sys.executable, "-c", MANY]) for _ in range(4)]
    assert [process.wait() for process in started] == [0, 0, 0, 0]
    assert list(temporary.iterdir()) == []


def test_folders_of_others_are_left_alone(temporary):
    (temporary / "grader-of-somebody").mkdir()
    (temporary / "elsewhere").mkdir()
    (temporary / "elsewhere" / ".lock").touch()
    (temporary / "grader-link").symlink_to(temporary / "elsewhere")
    with workspace():
        pass
    left = {path.name for path in temporary.iterdir()}
    assert left == {"grader-of-somebody", "elsewhere", "grader-link"}
