from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from grader.errors import InfrastructureError
from grader.execution.pool import Lost, Pool


def doubling() -> Callable[[int], int]:
    def work(task: int) -> int:
        if task < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return 2 * task

    return work


def answers(tasks: list[int], jobs: int = 2, ahead: int = 4) -> list[int | Lost]:
    with closing(Pool(doubling, jobs).answers(tasks, ahead=ahead)) as found:
        return list(found)


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_answers_come_in_the_order_of_the_tasks(jobs: int) -> None:
    assert answers(list(range(20)), jobs) == list(range(0, 40, 2))
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("fatal", [{0}, {19}, {3, 4}, set(range(0, 20, 2)), set(range(20))])
def test_who_dies_loses_one_task_and_is_replaced(fatal: set[int]) -> None:
    tasks = [-i - 1 if i in fatal else i for i in range(20)]
    assert answers(tasks) == [Lost() if i in fatal else 2 * i for i in range(20)]


def test_a_process_that_dies_waiting_loses_nothing() -> None:
    pool = Pool(doubling, 1)
    with closing(pool.answers([1, 2, 3], ahead=1)) as found:
        assert next(found) == 2
        (idle,) = multiprocessing.active_children()
        idle.kill()
        idle.join()
        assert list(found) == [4, 6]


def test_nothing_is_begun_long_before_its_turn(tmp_path: Path) -> None:
    def begin() -> Callable[[int], int]:
        def work(task: int) -> int:
            (tmp_path / str(task)).touch()
            return task

        return work

    with closing(Pool(begin, 2).answers(list(range(20)), ahead=3)) as found:
        assert [next(found) for _ in range(5)] == [0, 1, 2, 3, 4]
        assert {int(path.name) for path in tmp_path.iterdir()} <= set(range(7))


def test_who_takes_no_more_answers_ends_what_is_at_work() -> None:
    def begin() -> Callable[[int], None]:
        return lambda task: time.sleep(600 * task)

    with closing(Pool(begin, 2).answers([0, 1, 1], ahead=3)) as found:
        next(found)
    assert multiprocessing.active_children() == []


def test_what_a_task_raises_is_raised_here() -> None:
    def begin() -> Callable[[int], float]:
        return lambda task: 1 / task

    with (
        closing(Pool(begin, 2).answers([1, 0], ahead=2)) as found,
        pytest.raises(ZeroDivisionError),
    ):
        list(found)
    assert multiprocessing.active_children() == []


def test_what_cannot_begin_raises_and_is_no_lost_task() -> None:
    def begin() -> Callable[[int], int]:
        raise InfrastructureError("no worker")

    with (
        closing(Pool(begin, 2).answers([1], ahead=2)) as found,
        pytest.raises(InfrastructureError, match="no worker"),
    ):
        list(found)


@pytest.mark.parametrize("possible", [0, 1])
def test_a_machine_without_room_works_with_fewer_processes_or_says_so(
    possible: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    process = multiprocessing.get_context("fork").Process
    start = process.start

    def scarce(self: multiprocessing.Process) -> None:
        if len(started) == possible:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        started.append(self)
        start(self)  # type: ignore[arg-type]

    monkeypatch.setattr(process, "start", scarce)
    if possible:
        assert answers([1, 2, 3]) == [2, 4, 6]
    else:
        with pytest.raises(InfrastructureError, match="Resource temporarily unavailable"):
            answers([1, 2, 3])
