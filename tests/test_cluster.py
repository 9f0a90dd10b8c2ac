"""Grading on a real Dask cluster: a scheduler and two workers, looked at by many tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from conftest import BACKWARD, BUNDLED, FORWARD, ROOT, SETUP, SOLUTION, notebook
from dask_cluster import DaskCluster, dask_cluster

from grader.assignment import Assignment
from grader.cli.main import cli
from grader.errors import ClusterError, InfrastructureError, UnsafeError, UsageError
from grader.execution import cluster
from grader.execution.batch import grade_all
from grader.execution.cluster import ClusterWork, grade_on, grading, worker_session
from grader.execution.cluster.answer import Answer, Refusal
from grader.execution.cluster.parcel import AssignmentParcel, SubmissionParcel
from grader.execution.cluster.versions import difference, own_versions
from grader.execution.cluster.worker_session import SessionOrder, WorkerSession
from grader.execution.session import GradingSession
from grader.marking.card import ungraded
from grader.records.result import Result
from grader.records.scorecard import Scorecard
from grader.report import Reports
from grader.sandbox import Sandbox
from grader.submission import Submission

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills processes by Linux's means")

HOSTILE = """
import os, signal
open('/etc/passwd', 'a')
"""
KILLER = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos._exit(0)"


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> list[Submission]:
    folder = tmp_path_factory.mktemp("class")
    for name in ("ada.ipynb", "ben.ipynb", "dmitri.py", "hana.ipynb"):
        shutil.copy(BUNDLED / "examples" / name, folder)
    (folder / "broken.ipynb").write_bytes(b'{"cells": [')
    (folder / "hostile.ipynb").write_bytes(notebook(SETUP, FORWARD, BACKWARD, HOSTILE, KILLER))
    (folder / "zoe.ipynb").write_bytes(notebook(SETUP, FORWARD, BACKWARD))
    return [
        Submission(id=path.stem, candidates=(path,), origin=path.name)
        for path in sorted(folder.iterdir())
    ]


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=2) as running:
        yield running


@pytest.fixture(scope="module")
def local(
    tmp_path_factory: pytest.TempPathFactory,
    handed_in: list[Submission],
    assignment: Assignment,
    sandbox: Sandbox,
    data: Path,
) -> list[Result]:
    reports = Reports(tmp_path_factory.mktemp("local"))
    session = GradingSession(assignment, reports=reports, within=(data, sandbox))
    return [timeless(marked) for marked in grade_all(session, handed_in, jobs=1)]


@pytest.fixture
def work(tmp_path: Path, assignment: Assignment) -> ClusterWork:
    return ClusterWork(assignment=assignment, reports=Reports(tmp_path / "out"))


def timeless(marked: Result) -> Result:
    """Without what no two runs have in common."""
    cells = [msgspec.structs.replace(cell, seconds=0.0) for cell in marked.card.cells]
    return Result(msgspec.structs.replace(marked.card, cells=cells), marked.notebook)


def differing(ours: list[Result], theirs: list[Result]) -> list[tuple[str, str, object, object]]:
    """Id, field and both values wherever two classes differ; whole records would fill pages."""
    return [
        (one.card.id, field, getattr(one.card, field), getattr(other.card, field))
        for one, other in zip(ours, theirs, strict=True)
        for field in Scorecard.__struct_fields__
        if getattr(one.card, field) != getattr(other.card, field)
    ]


def unheard(text: str) -> None:
    raise AssertionError(text)


def eventually(holds: Callable[[], object], seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def test_marks_are_those_of_this_machine_in_the_same_order(
    dask: DaskCluster, work: ClusterWork, handed_in: list[Submission], local: list[Result]
) -> None:
    marks = [timeless(m) for m in grade_on(dask.address, work, handed_in, warn=unheard)]
    assert [m.card.id for m in marks] == [each.id for each in handed_in]
    assert differing(marks, local) == []
    scores = {m.card.id: m.card.score for m in marks}
    assert (scores["ada"], scores["broken"], scores["ben"]) == (43, 0, 15)
    assert all((work.reports.out / m.card.id / "scorecard.html").exists() for m in marks)
    assert eventually(lambda: not dask.sandboxes())


def test_a_worker_that_is_killed_in_mid_run_loses_nothing(
    dask: DaskCluster, work: ClusterWork, handed_in: list[Submission], local: list[Result]
) -> None:
    stream = grade_on(dask.address, work, handed_in, warn=unheard)
    marks = [timeless(next(stream))]
    victim = dask.grading()[0]
    victim.kill()
    marks += map(timeless, stream)
    assert differing(marks, local) == []
    assert not victim.is_running()


def test_a_worker_with_other_versions_is_named(
    dask: DaskCluster,
    work: ClusterWork,
    handed_in: list[Submission],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    newer = own_versions() | {"torch": "99.0"}
    monkeypatch.setattr(grading, "own_versions", lambda: newer)
    with pytest.raises(UsageError, match=r"^Dask worker tcp://\S+ has torch 2\S+ \(here 99\.0\):"):
        list(grade_on(dask.address, work, handed_in, warn=unheard))


def test_notebooks_come_along_and_whoever_stops_early_leaves_no_sandbox(
    dask: DaskCluster, work: ClusterWork, handed_in: list[Submission]
) -> None:
    wanted = msgspec.structs.replace(work, with_notebook=True)
    stream = grade_on(dask.address, wanted, handed_in[-1:] * 2, warn=unheard)
    first = next(stream)
    assert "dlogprobs" in (first.notebook or "")
    assert "iframe" in (work.reports.out / "zoe" / "scorecard.html").read_text()
    assert dask.sandboxes()
    stream.close()
    assert eventually(lambda: not dask.sandboxes())


def test_a_submission_that_cannot_be_read_here_is_ungraded_as_it_would_be_locally(
    dask: DaskCluster, work: ClusterWork, tmp_path: Path
) -> None:
    gone = Submission(id="gone", candidates=(tmp_path / "gone.ipynb",), origin="gone.ipynb")
    lost = Submission(id="lost", candidates=(), origin="x", problem="disk full", lost=True)
    told: list[str] = []  # that no worker has joined yet, if this comes first
    cards = [m.card for m in grade_on(dask.address, work, [gone, lost], warn=told.append)]
    assert [card.status for card in cards] == ["ungraded", "ungraded"]
    assert "gone.ipynb cannot be read" in (cards[0].reason or "")
    assert cards[1].reason == "disk full"


def test_a_scheduler_that_goes_away_is_one_line_and_the_class_page_is_written(
    tmp_path: Path,
) -> None:
    with dask_cluster(tmp_path, workers=0) as own:
        command = [sys.executable, "-m", "grader", "grade", str(SOLUTION), "--out", "out"]
        with subprocess.Popen(
            [*command, "--assignment", str(BUNDLED), "--cluster", own.address],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        ) as process:
            assert process.stderr is not None
            assert process.stderr.readline() == (
                f"grader: no Dask worker has joined {own.address} yet: waiting for the first\n"
            )
            own.scheduler.kill()
            rest = process.stderr.read()
        assert process.returncode == 1
    assert rest == (
        f"grader: the connection to the Dask scheduler {own.address} was lost; 1 are left: "
        "the same command goes on from here\n"
    )
    assert (tmp_path / "out" / "index.html").exists()


def test_a_scheduler_that_does_not_answer_is_one_line(
    work: ClusterWork, handed_in: list[Submission], monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader.execution.cluster import connection

    monkeypatch.setattr(connection, "PATIENCE", 0.5)
    with pytest.raises(ClusterError, match=r"^no Dask scheduler answers at tcp://127\.0\.0\.1:1 "):
        list(grade_on("tcp://127.0.0.1:1", work, handed_in, warn=unheard))


def test_what_is_no_address_is_one_line(work: ClusterWork, handed_in: list[Submission]) -> None:
    with pytest.raises(UsageError, match="'scheduler' is no address of a Dask scheduler"):
        list(grade_on("scheduler", work, handed_in, warn=unheard))


def test_without_dask_the_line_says_what_to_install(
    work: ClusterWork, handed_in: list[Submission], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match="pip install distributed"):
        list(grade_on("tcp://127.0.0.1:1", work, handed_in, warn=unheard))


def test_the_clients_part_imports_neither_torch_nor_dask() -> None:
    code = (
        "import sys, grader.execution.cluster\n"
        "assert not {'torch', 'distributed', 'dask'} & set(sys.modules), sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


class Slow:
    """A connection to two threads, which grade what they are told to."""

    def __init__(self) -> None:
        self.futures: list[Promise] = []

    def threads(self) -> int:
        return 2

    def submit(self, parcel: SubmissionParcel) -> Promise:
        self.futures.append(Promise())
        return self.futures[-1]


class Promise:
    graded = False

    def done(self) -> bool:
        return self.graded


def test_what_is_on_its_way_does_not_grow_with_the_class(work: ClusterWork) -> None:
    from grader.execution.cluster.queue import AHEAD, HELD, Queue

    connection = Slow()
    queue = Queue(cast("Any", connection), work.assignment, work.reports)
    rest = iter([Submission(id=str(i), candidates=(), origin="x") for i in range(10_000)])
    queue._fill(rest)
    assert len(connection.futures) == 2 * AHEAD
    for _ in range(100):
        for promise in connection.futures[1:]:  # all but the first, which everything waits for
            promise.graded = True
        queue._fill(rest)
    assert len(connection.futures) == 2 * HELD


def test_why_a_submission_was_given_up_is_one_line() -> None:
    from distributed.scheduler import KilledWorker

    from grader.execution.cluster.queue import _explained

    lost = _explained(KilledWorker("task", cast("Any", None), 3))
    assert lost.startswith("4 Dask workers ended one after another while they graded it: ")
    assert _explained(ValueError("a\nb")) == (
        "the Dask cluster failed on it (ValueError: a b): run the command again"
    )


def test_jobs_are_for_this_machine_only() -> None:
    with pytest.raises(UsageError, match="--jobs is for this machine"):
        cli.main(["grade", "x", "--jobs", "2", "--cluster", "tcp://h:1"], standalone_mode=False)


# In this process: what a worker does with what it gets.


@pytest.fixture
def order(assignment: Assignment) -> SessionOrder:
    return SessionOrder(
        assignment=AssignmentParcel.pack(assignment), versions=own_versions(), required=True
    )


class Stub(GradingSession):
    """A session without a sandbox, which takes seconds to open; the real one grades above."""

    opened = closed = now = most = 0

    def __init__(self, assignment: Assignment, **_: object) -> None:
        self.assignment = assignment
        Stub.opened += 1

    def grade(self, submission: Submission) -> Result:
        if submission.id == "unsafe":
            raise UnsafeError("this machine can keep nothing in")
        if submission.id == "full":
            raise OSError(28, "No space left on device")
        if submission.id == "slow":
            Stub.now += 1
            Stub.most = max(Stub.most, Stub.now)
            time.sleep(0.02)
            Stub.now -= 1
            card = ungraded(submission, "", self.assignment)
            return Result(msgspec.structs.replace(card, status="graded"))
        return Result(ungraded(submission, "a stub", self.assignment))

    def close(self) -> None:
        Stub.closed += 1


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> type[Stub]:
    monkeypatch.setattr(worker_session, "GradingSession", Stub)
    monkeypatch.setattr(Stub, "opened", 0)
    monkeypatch.setattr(Stub, "closed", 0)
    return Stub


def handed(identity: str) -> SubmissionParcel:
    return SubmissionParcel.pack(Submission(id=identity, candidates=(SOLUTION,), origin="x.ipynb"))


def test_a_bench_keeps_its_sandbox_closes_it_when_idle_and_opens_it_again(
    order: SessionOrder, stub: type[Stub], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(WorkerSession(order, "tcp://here:1")) as working:
        for _ in range(3):
            with pytest.raises(InfrastructureError, match=r"^a stub$"):
                working.grade(handed("ada"))
        assert (stub.opened, stub.closed) == (1, 0)
    assert (stub.opened, stub.closed) == (1, 1)
    monkeypatch.setattr(worker_session, "IDLE", 0.01)
    with closing(WorkerSession(order, "tcp://here:1")) as working:
        for times in (2, 3):
            with pytest.raises(InfrastructureError):
                working.grade(handed("ada"))
            assert eventually(lambda: stub.closed == times)  # noqa: B023
    assert stub.opened == 3


def test_a_bench_grades_one_submission_at_a_time_however_many_threads_ask(
    order: SessionOrder, stub: type[Stub]
) -> None:
    with closing(WorkerSession(order, "tcp://here:1")) as working, ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: working.grade(handed("slow")), range(4)))
    assert len(answers) == 4
    assert (stub.opened, stub.most) == (1, 1)


def test_a_bench_refuses_where_versions_differ(order: SessionOrder) -> None:
    newer = msgspec.structs.replace(order, versions=order.versions | {"numpy": "99"})
    with closing(WorkerSession(newer, "tcp://here:1")) as working:
        refusal = working.grade(handed("ada")).refusal
    assert refusal is not None
    assert str(refusal.error()).startswith("Dask worker tcp://here:1 has numpy ")


def test_an_unsafe_machine_is_named_and_stops_all(order: SessionOrder, stub: type[Stub]) -> None:
    with closing(WorkerSession(order, "tcp://here:1")) as working:
        answer = Answer.decode(working.grade(handed("unsafe")).encode(), "unsafe")
    assert answer.refusal is not None
    with pytest.raises(UnsafeError, match=r"^Dask worker tcp://here:1: this machine can keep"):
        raise answer.refusal.error()


def test_what_a_machine_failed_to_do_is_raised_so_that_dask_tries_again(
    order: SessionOrder, stub: type[Stub]
) -> None:
    with (
        closing(WorkerSession(order, "tcp://here:1")) as working,
        pytest.raises(InfrastructureError, match=r"^Dask worker tcp://here:1: .*No space left"),
    ):
        working.grade(handed("full"))


def test_torch_with_other_settings_is_refused(
    order: SessionOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "avx2")
    with closing(WorkerSession(order, "tcp://here:1")) as working:
        refusal = working.grade(handed("ada")).refusal
    assert refusal is not None
    assert "has imported torch for something else" in refusal.text


def test_an_assignment_arrives_whole_and_nowhere_else(
    tmp_path: Path, assignment: Assignment
) -> None:
    content = msgspec.msgpack.encode(AssignmentParcel.pack(assignment))
    there = msgspec.msgpack.decode(content, type=AssignmentParcel).unpack(tmp_path)
    assert there.digest == msgspec.structs.replace(assignment, spec=there.spec).digest
    assert there.folder == tmp_path
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()} == {
        "data/names.txt",
        "starter.ipynb",
    }


def test_candidates_of_one_name_stay_apart_and_names_need_not_be_text(tmp_path: Path) -> None:
    paths = [tmp_path / part / "a\udce9.ipynb" for part in ("draft", "final")]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(path.parent.name.encode())
    anna = Submission(id="anna", candidates=tuple(paths), origin="x", origins=("x", "y"))
    there = SubmissionParcel.pack(anna).unpack(tmp_path / "there")
    assert [path.read_bytes() for path in there.candidates] == [b"draft", b"final"]
    assert [path.name for path in there.candidates] == [path.name for path in paths]


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80", "text", None, Answer(refusal=Refusal("usage", "no")).encode()[:-1]],
)
def test_what_is_no_answer_is_an_error(content: object) -> None:
    with pytest.raises(ValueError):
        Answer.decode(content, "ada")


def test_an_answer_about_somebody_else_is_an_error(local: list[Result]) -> None:
    content = Answer(marked=local[0]).encode()
    assert Answer.decode(content, "ada").marked == local[0]
    with pytest.raises(ValueError, match="it is about 'ada'"):
        Answer.decode(content, "ben")


def test_differences_are_told_in_words() -> None:
    assert difference({"torch": "2"}, {"torch": "2", "more": "1"}) is None
    assert difference({"torch": "2", "numpy": "1"}, {"torch": "1"}) == (
        "torch 1 (here 2), numpy none (here 1)"
    )


def test_the_package_exports_what_the_command_line_needs() -> None:
    assert set(cluster.__all__) == {"ClusterWork", "grade_on"}
