"""Which reports count as intact."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.report.manifest import LEDGER, Written

FILES = ("ada/one", "ada/two")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "ada").mkdir()
    for name in FILES:
        (tmp_path / name).write_text("content")
    written = Written(tmp_path)
    written.note("ada", FILES, "this")
    written.save()
    return tmp_path


def test_what_was_written_and_not_touched_is_intact(out: Path) -> None:
    assert Written(out).intact("ada", FILES, "this")


def test_another_origin_another_name_and_another_file_are_not(out: Path) -> None:
    written = Written(out)
    assert not written.intact("ada", FILES, "that")
    assert not written.intact("ben", FILES, "this")
    assert not written.intact("ada", FILES[:1], "this")


def test_a_change_that_keeps_size_and_date_is_noticed(out: Path) -> None:
    path = out / FILES[0]
    before = path.stat()
    path.write_text("CONTENT")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert not Written(out).intact("ada", FILES, "this")


def test_files_that_were_never_there_are_not_intact(out: Path) -> None:
    written = Written(out)
    written.note("gone", ("gone/one",), "this")
    assert not written.intact("gone", ("gone/one",), "this")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"files": {"ada": 3}}', b"\xff"])
def test_a_broken_ledger_only_means_writing_again(out: Path, content: bytes) -> None:
    (out / LEDGER).write_bytes(content)
    written = Written(out)
    assert not written.intact("ada", FILES, "this")
    written.note("ada", FILES, "this")
    written.save()
    assert Written(out).intact("ada", FILES, "this")


def test_two_that_write_at_once_keep_what_both_wrote(out: Path) -> None:
    left, right = Written(out), Written(out)
    left.note("left", FILES, "this")
    right.note("right", FILES, "this")
    left.save()
    right.save()
    both = Written(out)
    assert all(both.intact(name, FILES, "this") for name in ("ada", "left", "right"))
    assert list(out.rglob(".drafts/*")) == []
