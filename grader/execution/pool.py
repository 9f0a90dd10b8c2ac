"""A pool of forked processes, each at the far end of a pipe of its own.

    answers() ── task ──► process ── answer ──►      one task a process at a time
                            ╳ killed                 Lost for its task; another takes its place

The standard library's pool cannot say which task a process died of, and ends the others with it.
Here the end of a pipe is the end of one process, and of the one task that it had been given.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

import msgspec

from grader.errors import InfrastructureError

_PR_SET_PDEATHSIG = 1
_FORK = multiprocessing.get_context("fork") if sys.platform != "win32" else None

Task = TypeVar("Task")
Answer = TypeVar("Answer")


class Lost(msgspec.Struct, frozen=True):
    """In the place of an answer: the process that was to give it has ended."""


class _PoolProcess:
    """One process of the pool, and the number of the task that it has been given."""

    def __init__(self, begin: Callable[[], Callable[[Any], Any]]) -> None:
        assert _FORK is not None
        self.pipe, far_end = _FORK.Pipe()
        self.process = _FORK.Process(target=_serve, args=(far_end, begin, os.getpid()))
        self.task: int | None = None
        self.process.start()
        far_end.close()  # no process but its own may hold it, or its end would not be seen

    def give(self, number: int, task: Any) -> None:
        self.task = number
        with suppress(OSError):  # it has just ended: reading from the pipe will tell
            self.pipe.send(task)

    def end(self) -> None:
        """Take the process back, killed if it is at something."""
        if self.task is not None:
            self.process.kill()
        with suppress(OSError):
            self.pipe.send(None)  # processes forked later hold the pipe too: closing tells nothing
        self.pipe.close()
        self.process.join()
        self.process.close()


class Pool(Generic[Task, Answer]):
    """At most `jobs` processes; begin: makes in each of them what works on a task."""

    def __init__(self, begin: Callable[[], Callable[[Task], Answer]], jobs: int) -> None:
        self._begin, self._jobs = begin, jobs
        self._members: list[_PoolProcess] = []

    def answers(self, tasks: Sequence[Task], *, ahead: int) -> Generator[Answer | Lost, None, None]:
        """Answers in the order of the tasks; none is begun more than `ahead` before its turn.

        Raises what a task raised, and InfrastructureError where no process can be made.
        """
        found: dict[int, Answer | Lost] = {}
        begun = 0
        with closing(self):
            for wanted in range(len(tasks)):
                while wanted not in found:
                    for member in self._idle(min(len(tasks), wanted + ahead) - begun):
                        member.give(begun, tasks[begun])
                        begun += 1
                    found.update(self._received())
                yield found.pop(wanted)

    def close(self) -> None:
        """End all processes, and what they are at: it can be asked again."""
        while self._members:
            self._members.pop().end()

    def _idle(self, number: int) -> Iterator[_PoolProcess]:
        """As many processes as are wanted and may be had, which wait for a task."""
        for member in [each for each in self._members if each.task is None]:
            if not member.process.is_alive():
                self._remove(member)
        idle = [each for each in self._members if each.task is None]
        while len(idle) < number and len(self._members) < self._jobs:
            try:
                self._members.append(_PoolProcess(self._begin))
            except OSError as error:
                if self._members:
                    break  # fewer do it too
                raise InfrastructureError(
                    f"no process can be started ({error.strerror}): close other programs"
                ) from error
            idle.append(self._members[-1])
        yield from idle[: max(number, 0)]

    def _received(self) -> Iterator[tuple[int, Answer | Lost]]:
        """Waits for the next answers, or ends, of those that are at work."""
        at_work = {each.pipe: each for each in self._members if each.task is not None}
        for pipe in wait(list(at_work)):
            member = at_work[pipe]  # type: ignore[index]
            number, member.task = member.task, None
            assert number is not None
            try:
                raised, answer = member.pipe.recv()
            except (EOFError, OSError):
                self._remove(member)
                yield number, Lost()
                continue
            if raised:
                raise answer
            yield number, answer

    def _remove(self, member: _PoolProcess) -> None:
        self._members.remove(member)
        member.end()


def _serve(pipe: Connection, begin: Callable[[], Callable[[Any], Any]], parent: int) -> None:
    """Answer tasks until there are none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    _die_with(parent)
    work: Callable[[Any], Any] | None = None
    with suppress(EOFError, OSError):
        while (task := pipe.recv()) is not None:
            try:
                work = work or begin()
                answer = (False, work(task))
            except Exception as error:  # noqa: BLE001 - the parent's to handle
                answer = (True, error)
            pipe.send(answer)


def _die_with(parent: int) -> None:
    """End when the parent does, however it ends: nobody would take the answers."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
