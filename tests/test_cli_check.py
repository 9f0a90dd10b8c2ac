"""`grader check` and `grader watch` as a student runs them."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import BACKWARD, FORWARD, SETUP, SOLUTION, notebook
from rich.console import Console

from grader.assignment import Assignment
from grader.cli import saves
from grader.cli.single import submission_of
from grader.execution.session import GradingSession
from grader.report import print_card
from grader.sandbox import open_sandbox

TANH = "dhpreact = (1.0 - h**2) * dh"
WRONG = BACKWARD.replace(TANH, "dhpreact = (1.0 - h) * dh")
PATIENCE = 60.0
"""Seconds that a machine may take for something that is waited for."""


def grader(
    *arguments: object, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=300,
        cwd=cwd,
        env=os.environ | environment,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mine")
    (folder / "wrong.ipynb").write_bytes(
        notebook(SETUP, FORWARD, "x = 1 / 0", WRONG.replace("db1 = dhprebn.sum(0)\n", ""))
    )
    shutil.copy(SOLUTION, folder / "right.ipynb")
    return folder


@pytest.fixture(scope="module")
def both(folder: Path) -> subprocess.CompletedProcess[str]:
    """A right and a wrong notebook, checked by one command."""
    return grader("check", "right.ipynb", "wrong.ipynb", cwd=folder)


def test_one_wrong_notebook_makes_the_exit_status_1(
    both: subprocess.CompletedProcess[str],
) -> None:
    assert both.returncode == 1, both.stderr
    assert "Total  43 / 43 points" in both.stdout
    assert "Total  24 / 43 points" in both.stdout


def test_a_mistake_comes_with_its_line_and_its_reason(
    both: subprocess.CompletedProcess[str],
) -> None:
    lines = [" ".join(line.split()) for line in both.stdout.splitlines()]
    start = next(i for i, line in enumerate(lines) if line.startswith("✗ dhpreact wrong value"))
    assert lines[start].endswith("step wrong 0 / 1")
    assert lines[start + 1] == "cell 3, line 16 dhpreact = (1.0 - h) * dh"
    assert lines[start + 2].startswith("why ")
    assert any(line.startswith("look at ") for line in lines[start + 3 : start + 6])


def test_what_follows_from_a_mistake_keeps_its_points_and_takes_one_line(
    both: subprocess.CompletedProcess[str],
) -> None:
    (line,) = [line for line in both.stdout.splitlines() if "↳ dW1" in line]
    assert " ".join(line.split()) == "↳ dW1 wrong, follows from dhpreact step right 1 / 1"


def test_what_is_missing_and_cells_that_raised_are_listed(
    both: subprocess.CompletedProcess[str],
) -> None:
    assert "○ not there yet: db1\n" in both.stdout.replace(" \n", "\n")
    assert "cell 2: line 1: ZeroDivisionError: division by zero" in both.stdout


def test_nothing_is_written(both: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} >= {"right.ipynb", "wrong.ipynb"}
    assert not [path for path in folder.iterdir() if path.suffix not in {".ipynb", ".html"}]


def test_a_right_notebook_is_status_0_and_its_page_is_written_where_asked(folder: Path) -> None:
    """On a terminal that knows no letters beyond ASCII."""
    done = grader(
        "check", "right.ipynb", "--html", "page.html", cwd=folder, PYTHONIOENCODING="ascii"
    )
    assert done.returncode == 0, done.stderr
    assert "+ dlogprobs" in done.stdout
    assert done.stdout.isascii()
    assert "<html" in (folder / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nowhere.ipynb"], "nowhere.ipynb does not exist"),
        (["."], "whole folders are graded by `grader grade`"),
        (["wrong.ipynb", "--html", "right.ipynb"], "would overwrite a notebook"),
        (["wrong.ipynb", "right.ipynb", "--html", "x.html"], "--html takes one notebook"),
        (["wrong.ipynb", "--assignment", "backprop_nin"], "did you mean backprop_ninja"),
    ],
)
def test_wrong_use_is_one_line_and_exit_status_2(
    folder: Path, arguments: list[str], expected: str
) -> None:
    before = (folder / "right.ipynb").read_bytes()
    done = grader("check", *arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr
    assert done.stderr.count("\n") == 1
    assert (folder / "right.ipynb").read_bytes() == before


def test_where_no_worker_can_be_forked_the_verdicts_are_the_same(
    tmp_path: Path, assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS and Windows: a fresh process a run."""
    fresh = functools.partial(open_sandbox, backend="fresh")
    monkeypatch.setattr("grader.sandbox.open_sandbox", fresh)
    path = tmp_path / "mine.ipynb"
    path.write_bytes(notebook(SETUP, FORWARD, WRONG))
    with GradingSession(assignment, required=False) as opened:
        card = opened.grade(submission_of(path)).card
    assert card.isolation is not None
    assert card.isolation.backend == "fresh process"
    text = io.StringIO()
    print_card(Console(file=text, width=100), card)
    assert "✗ dhpreact" in text.getvalue()
    assert "Total  25 / 43 points" in text.getvalue()


def test_a_fault_of_the_grader_s_own_is_ungraded_and_no_traceback(
    tmp_path: Path, assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.ipynb"
    path.write_bytes(notebook("x = 1"))
    with GradingSession(assignment, required=False) as opened:
        monkeypatch.setattr(opened._grader, "kinds", [None])
        card = opened.grade(submission_of(path)).card
    text = io.StringIO()
    print_card(Console(file=text, width=200), card)
    assert "Not graded: the grader itself failed (AttributeError" in text.getvalue()
    assert "no zero" in text.getvalue()


# ---- watch -------------------------------------------------------------------------------------------


class Watch:
    """A running `grader watch` and what it has printed."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-m", "grader", "watch", path.name]
        self.process = subprocess.Popen(
            command,
            cwd=path.parent,
            # As a terminal starts it: whoever starts the tests may have Ctrl-C ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.text = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.text += line

    def until(self, condition: Callable[[str], bool]) -> str:
        """The output, once it is so."""
        deadline = time.monotonic() + PATIENCE
        while not condition(self.text):
            assert time.monotonic() < deadline, self.text
            assert self.process.poll() is None, self.text
            time.sleep(0.02)
        return self.text

    def checks(self, number: int) -> str:
        """The output of the last of so many checks."""
        text = self.until(lambda text: text.count("Waiting for the next save") >= number)
        return text.split("Waiting for the next save")[number - 1]

    def descendants(self) -> list[int]:
        pids = [self.process.pid]
        for pid in pids:
            with contextlib.suppress(OSError):
                tasks = Path(f"/proc/{pid}/task").iterdir()
                pids += [int(p) for t in tasks for p in (t / "children").read_text().split()]
        return pids

    def stop(self) -> int:
        """As somebody who presses Ctrl-C again where nothing happens."""
        code = None
        for _ in range(4):
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self.process.wait(PATIENCE / 4)
                break
        assert code is not None
        self._reader.join(PATIENCE)
        return code


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Watch, Path]]:
    path = tmp_path_factory.mktemp("watched") / "mine.ipynb"
    path.write_bytes(notebook(SETUP, FORWARD, BACKWARD))
    watch = Watch(path)
    with watch.process:  # closes its pipe
        yield watch, path
        watch.process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_every_kind_of_save_is_checked_once_and_ctrl_c_leaves_nothing(
    watched: tuple[Watch, Path],
) -> None:
    watch, path = watched
    right, wrong = notebook(SETUP, FORWARD, BACKWARD), notebook(SETUP, FORWARD, WRONG)
    assert "Total  26 / 43 points" in watch.checks(1)

    draft = path.with_name(".~mine.ipynb")  # a rename, as Jupyter and vim save
    draft.write_bytes(wrong)
    draft.replace(path)
    second = watch.checks(2)
    assert "Total  25 / 43 points" in second
    assert "dhpreact: wrong value, off by" in second
    assert "(before: right" in second

    with path.open("wb") as file:  # in two pieces
        file.write(right[:3000])
        file.flush()
        time.sleep(0.3)
        file.write(right[3000:])
    third = watch.checks(3)
    assert "Total  26 / 43 points" in third

    path.unlink()  # gone for a moment
    time.sleep(0.3)
    path.write_bytes(wrong)
    assert "Total  25 / 43 points" in watch.checks(4)

    (path.parent / "other.ipynb").write_bytes(right)  # not ours
    path.write_bytes(wrong)  # nothing new
    path.write_bytes(b"{}")  # whole, and no notebook
    assert "Total  0 / 43 points" in watch.checks(5)

    pids = watch.descendants()
    assert len(pids) > 1
    assert watch.stop() == 0
    assert watch.text.endswith("stopped\n")
    assert "Traceback" not in watch.text
    assert not [pid for pid in pids[1:] if _runs(pid)]


def _runs(pid: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while (alive := _alive(pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive


def _alive(pid: int) -> bool:
    """An orphan that has ended comes to this process and is a zombie: see conftest."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_file_that_stays_broken_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.ipynb"
    path.write_bytes(b'{"cells": [')
    assert saves.settled(path) == b'{"cells": ['
    path.write_bytes(json.dumps({"cells": []}).encode())
    assert saves.settled(path) == b'{"cells": []}'


def test_a_file_that_is_not_there_has_no_content(tmp_path: Path) -> None:
    assert saves.settled(tmp_path / "mine.py") is None


def test_help_of_both_commands_needs_nothing_slow() -> None:
    code = (
        "import sys\nfrom grader.cli.main import cli\n"
        "for name in ('check', 'watch'):\n"
        "    try:\n        cli([name, '--help'])\n    except SystemExit:\n        pass\n"
        "assert not {'torch', 'rich', 'watchfiles', 'jinja2'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
