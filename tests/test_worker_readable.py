"""Which files a run may read."""

import os
import sys
from pathlib import Path

import pytest

from grader.worker.readable import (
    PACKAGE,
    data_files,
    interpreter_paths,
    outermost,
    private_file,
    resolve,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="paths of other systems")


def test_a_checkout_is_not_readable_but_for_the_worker():
    inside = [path for path in interpreter_paths() if path.startswith(str(PACKAGE) + "/")]
    names = {os.path.relpath(path, PACKAGE) for path in inside}
    assert names == {
        "__init__.py",
        "protocol",
        "worker",
    }
    assert str(PACKAGE) not in interpreter_paths()
    assert str(PACKAGE.parent) not in interpreter_paths()


def test_nested_and_missing_paths_are_left_out(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "ab").mkdir()
    paths = [str(tmp_path / name) for name in ("a/b", "a", "ab", "none")]
    assert outermost([*paths, ""]) == (str(tmp_path / "a"), str(tmp_path / "ab"))


def test_links_on_the_way_are_named(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").touch()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "far").symlink_to(tmp_path / "link" / "file")
    real, links = resolve(str(tmp_path / "far"))
    assert real == str((tmp_path / "real" / "file").resolve())
    assert (str(tmp_path / "link"), "real") in links


def test_a_circle_of_links_is_an_error(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="links"):
        resolve(str(tmp_path / "a"))


def test_files_that_only_their_owner_may_read_are_found(tmp_path):
    Path(tmp_path / "open.txt").touch(0o644)
    assert private_file(data_files(str(tmp_path))) is None
    Path(tmp_path / "secret.txt").touch(0o600)
    assert private_file(data_files(str(tmp_path))) == str(tmp_path / "secret.txt")
    assert data_files("") == ()
