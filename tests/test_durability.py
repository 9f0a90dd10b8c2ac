"""Killed, interrupted, or out of space: nothing is lost, nothing is left behind, the next run is right."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from conftest import BACKWARD, FORWARD, ROOT, SETUP, notebook
from test_sandbox import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the pool is Linux's")

COUNT = 5
SLOW = "import time; time.sleep(0.4)"


@pytest.fixture(scope="module")
def submissions(tmp_path_factory):
    """A small class whose every notebook takes a while."""
    folder = tmp_path_factory.mktemp("class")
    for number in range(COUNT):
        cells = (f"# {number}", SLOW, SETUP, FORWARD, BACKWARD)
        (folder / f"student-{number}.ipynb").write_bytes(notebook(*cells))
    return folder


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A folder for temporary files that only this test's commands use."""
    folder = tmp_path / "temporary"
    folder.mkdir(mode=0o755)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def command(submissions, out, *more):
    return [
        *(sys.executable, "-m", "grader", "grade", str(submissions), "--out", str(out)),
        *("--assignment", str(ROOT / "assignments" / "backprop_ninja"), "--jobs", "2", *more),
    ]


def start(*arguments):
    """The command in a session of its own, as a terminal would start it."""
    return subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


def scores(out):
    """Every score by the pages of the class, and by each student's own record."""
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    whole = {card["id"]: card["score"] for card in results["scorecards"]}
    own = {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))["score"]
        for path in out.glob("*/scorecard.json")
    }
    assert whole == own
    assert all((out / name / "scorecard.html").stat().st_size > 1000 for name in own)
    return whole


def workers_with(folder: Path) -> list[int]:
    """Worker processes that were started with this folder for temporary files."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(str(folder)) in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]


def left_in(out: Path, temporary: Path) -> list[str]:
    """Temporary files and drafts."""
    drafts = [path for path in out.rglob("*") if ".drafts" in path.parts or ".tmp" in path.name]
    return [str(path) for path in (*drafts, *temporary.iterdir())]


def finish(submissions, out):
    """Run to the end; what was printed."""
    done = subprocess.run(
        command(submissions, out), capture_output=True, text=True, check=False, timeout=200
    )
    assert done.returncode == 0, done.stderr
    return done


def wait_for_first(out: Path) -> None:
    assert eventually(lambda: list(out.glob("*/scorecard.json")), seconds=60)


def test_after_a_kill_at_any_moment_the_next_run_is_whole_and_leaves_nothing(
    submissions, tmp_path, temporary
):
    out = tmp_path / "out"
    for moment in (0.3, 1.5, random.Random(1).uniform(2.5, 5)):
        process = start(submissions, out)
        time.sleep(moment)
        process.kill()
        process.communicate()
        assert eventually(lambda: not workers_with(temporary)), "the killed run's processes go on"
    finish(submissions, out)
    graded = scores(out)
    assert len(graded) == COUNT
    assert len(set(graded.values())) == 1
    assert left_in(out, temporary) == []


def test_killing_the_fork_server_or_a_child_costs_nobody_a_point(submissions, tmp_path, temporary):
    out = tmp_path / "out"
    process = start(submissions, out)
    wait_for_first(out)
    victims = [pid for pid in workers_with(temporary) if pid != process.pid]
    for pid in victims[:3]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.communicate(timeout=200)
    finish(submissions, out)
    assert len(set(scores(out).values())) == 1
    assert left_in(out, temporary) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_what_is_done_and_says_how_to_go_on(
    submissions, tmp_path, temporary, number
):
    out = tmp_path / "out"
    process = start(submissions, out)
    while b"[1/" not in process.stderr.readline():
        assert process.poll() is None
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"the same command goes on from here" in errors
    assert b"Traceback" not in errors
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert 1 <= len(results["scorecards"]) < COUNT
    assert eventually(lambda: not workers_with(temporary))
    assert left_in(out, temporary) == []
    done = finish(submissions, out)
    assert f"/{COUNT}]" not in done.stderr  # those that were done are not graded again
    assert len(scores(out)) == COUNT


needs_mounts = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="mounting takes root"
)


@needs_mounts
def test_a_full_disk_is_one_line_and_the_next_run_is_whole(submissions, tmp_path, temporary):
    out = tmp_path / "out"
    out.mkdir()
    full = subprocess.run(
        [
            *("unshare", "--mount", "sh", "-ec"),
            f'mount -t tmpfs -o size=200k none {out}; "$@" || echo status $?; cp -a {out} {out}.kept',
            *("sh", *command(submissions, out)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "status 1" in full.stdout + full.stderr
    assert "No space left on device" in full.stderr or "disk is full" in full.stderr
    assert "Traceback" not in full.stderr
    assert "" not in [path.read_text() for path in Path(f"{out}.kept").rglob("*.html")]
    finish(submissions, out)
    assert len(scores(out)) == COUNT


@needs_mounts
def test_a_read_only_folder_is_refused_before_anything_runs(submissions, tmp_path, temporary):
    out = tmp_path / "out"
    out.mkdir()
    shell = f'mount -t tmpfs -o ro none {out}; exec "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", shell, "sh", *command(submissions, out)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "choose another folder with --out" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert left_in(out, temporary) == []
