"""When something was handed in: the flag, the roster, or a commit; never the file's date."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.gradebook import Roster, Times, times_of
from grader.gradebook.git_time import commit_times
from grader.gradebook.roster import EnrolledStudent
from grader.submission import Submission

CET = timezone(timedelta(hours=1))


def git(folder: Path, *arguments: str, at: str = "2026-11-20T10:00:00+01:00") -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_COMMITTER_DATE": at,
        "GIT_AUTHOR_DATE": "2001-01-01T00:00:00Z",
    }
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(
        ["git", *identity, *arguments], cwd=folder, env=environment, check=True, capture_output=True
    )


def commit(folder: Path, name: str, text: str, at: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "-m", name, at=at)
    return path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "class"
    folder.mkdir()
    git(folder, "init", "-b", "main")
    return folder


def submission(name: str, *paths: Path) -> Submission:
    return Submission(id=name, candidates=paths, origin=str(paths[0]))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_a_file_was_handed_in_with_the_last_commit_that_changed_it(repository: Path) -> None:
    ada = commit(repository, "ada.py", "1", "2026-11-20T10:00:00+01:00")
    ben = commit(repository, "sub/ben.py", "1", "2026-11-20T11:00:00+01:00")
    commit(repository, "ada.py", "2", "2026-11-21T10:00:00+01:00")
    commit(repository, "other.py", "1", "2026-11-22T10:00:00+01:00")
    assert commit_times([ada, ben]) == {
        ada: utc("2026-11-21T09:00:00Z"),
        ben: utc("2026-11-20T10:00:00Z"),
    }


def test_a_merge_is_no_new_submission(repository: Path) -> None:
    ada = commit(repository, "ada.py", "1", "2026-11-20T10:00:00+01:00")
    git(repository, "checkout", "-b", "side")
    commit(repository, "side.py", "1", "2026-11-21T10:00:00+01:00")
    git(repository, "checkout", "main")
    commit(repository, "main.py", "1", "2026-11-22T10:00:00+01:00")
    git(repository, "merge", "side", "-m", "both", at="2026-11-23T10:00:00+01:00")
    assert commit_times([ada]) == {ada: utc("2026-11-20T09:00:00Z")}


def test_what_is_not_as_committed_has_no_time(repository: Path, tmp_path: Path) -> None:
    changed = commit(repository, "changed.py", "1", "2026-11-20T10:00:00+01:00")
    windows = commit(repository, "windows.py", "1\n2\n", "2026-11-20T10:00:00+01:00")
    changed.write_text("2")
    windows.write_bytes(b"1\r\n2\r\n")
    untracked = repository / "untracked.py"
    untracked.write_text("1")
    outside = tmp_path / "outside.py"
    outside.write_text("1")
    assert set(commit_times([changed, windows, untracked, outside])) == {windows}


def test_a_broken_repository_gives_no_times_and_stops_nothing(
    repository: Path, tmp_path: Path
) -> None:
    ada = commit(repository, "ada.py", "1", "2026-11-20T10:00:00+01:00")
    broken = tmp_path / "broken"
    (broken / ".git" / "objects").mkdir(parents=True)
    (broken / ".git" / "HEAD").write_text("ref: refs/heads/../../../etc/passwd\n")
    eve = broken / "eve.py"
    eve.write_text("1")
    assert set(commit_times([eve, ada])) == {ada}


def test_a_repository_of_a_students_runs_no_program(repository: Path, tmp_path: Path) -> None:
    eve = commit(repository, "eve.py", "1", "2026-11-20T10:00:00+01:00")
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for setting in (
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "gpg.program",
        "filter.x.clean",
    ):
        git(repository, "config", setting, str(trap))
    git(repository, "config", "log.showSignature", "true")
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "attributes").write_text("*.py filter=x\n")
    assert set(commit_times([eve])) == {eve}
    assert not (tmp_path / "sprung").exists()


def test_of_several_files_the_last_commit_counts_and_all_must_be_committed(
    repository: Path,
) -> None:
    a = commit(repository, "a/a.py", "1", "2026-11-20T10:00:00+01:00")
    b = commit(repository, "a/b.py", "1", "2026-11-21T10:00:00+01:00")
    loose = repository / "a" / "loose.py"
    loose.write_text("1")
    both, torn = submission("both", a, b), submission("torn", a, loose)
    times = times_of([both, torn], at=None, from_git=True, roster=None, zone=None)
    assert times.known == {"both": ("2026-11-21T09:00:00Z", "git")}


def test_the_flag_comes_before_the_roster_and_the_roster_before_git(repository: Path) -> None:
    files = [
        commit(repository, f"{name}.py", "1", "2026-11-20T10:00:00+01:00")
        for name in ("ada", "ben")
    ]
    both = [submission(path.stem, path) for path in files]
    listed = Roster(
        path="r.csv", students=[EnrolledStudent(id="ada", submitted_at="2026-11-21 10:00")]
    )

    def times(at: str | None) -> Times:
        return times_of(both, at=at, from_git=True, roster=listed, zone=CET)

    assert times(None).known == {
        "ada": ("2026-11-21T09:00:00Z", "roster"),
        "ben": ("2026-11-20T09:00:00Z", "git"),
    }
    assert set(times("2026-11-22T10:00:00Z").known.values()) == {("2026-11-22T10:00:00Z", "flag")}


def test_a_time_nobody_can_read_is_one_line_and_unknown() -> None:
    listed = Roster(
        path="r.csv",
        students=[
            EnrolledStudent(id="ada", submitted_at="on Friday", line=2),
            EnrolledStudent(id="ben"),
        ],
    )
    times = times_of([], at=None, from_git=False, roster=listed, zone=CET)
    assert times.known == {}
    (line,) = times.problems
    assert line.startswith("r.csv:2: submitted_at: 'on Friday' is no time")


def test_a_flag_that_is_no_time_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="--submitted-at: 'soon' is no time"):
        times_of([], at="soon", from_git=False, roster=None, zone=CET)


def test_the_date_of_a_file_tells_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ada.py"
    path.write_text("1")
    os.utime(path, (0, 0))
    assert (
        times_of([submission("ada", path)], at=None, from_git=True, roster=None, zone=CET).known
        == {}
    )
