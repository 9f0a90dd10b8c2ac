"""The process that minds one run from outside: it starts it, waits, and reports its end.

The keeper leaves the shared namespaces but is not confined further; student code never
runs in it. When it dies the run dies, and when the trusted side goes away it ends the run.
"""

from __future__ import annotations

import array
import json
import os
import select
import shutil
import signal
import socket
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, Protocol

from grader.protocol import RunRequest
from grader.worker import child, system
from grader.worker.channel import Channel
from grader.worker.forking import fork
from grader.worker.isolation import Walls, raise_walls

BROKEN = 70
"""Exit code (EX_SOFTWARE) of a run that the worker itself could not carry out."""


def keep(channel_fd: int, report: socket.socket, begun: Begun | None = None) -> NoReturn:
    """Serve one request from `channel_fd`; what becomes of it goes to `report`.

    `begun`: a run of its first cells, in this process.

    `report` gets {} with the child's pidfd, then {"code": n} or {"signal": n}; or
    {"failed": reason} in place of either.
    """
    system.prctl(system.PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    channel, folders = Channel(channel_fd, channel_fd), _Folders()
    try:
        received = channel.receive_request()
        if received is not None:
            _tell(report, mind(*received, channel, folders.make, report, begun))
    except BaseException as error:  # noqa: BLE001 - nothing may unwind into the server
        traceback.print_exc()
        _tell(report, {"failed": f"{type(error).__name__}: {error}"})
    folders.remove()
    os._exit(0)


def mind(
    request: RunRequest,
    blob: bytes,
    channel: Channel,
    make_folder: Callable[[], str],
    report: socket.socket | None = None,
    begun: Begun | None = None,
) -> dict[str, int]:
    """Run a request in a child of this process, which must have one thread.

    Returns {"code": n} or {"signal": n} when the child and all it started have ended.
    """
    walls = begun.raise_walls(request) if begun else raise_walls(request, make_folder)
    live = begun.live_on if begun else child.live
    system.prctl(system.PR_SET_PDEATHSIG, signal.SIGKILL)  # becoming nobody cleared it
    system.prctl(system.PR_SET_CHILD_SUBREAPER, 1)
    pid = fork()
    if pid == 0:
        _become_the_child(lambda: live(request, blob, channel, walls), channel)
    channel.close()
    if report:
        _watch(pid, report)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if walls.reached["processes"] != "ok":
        _end_strays()
    return {"code": code} if code >= 0 else {"signal": -code}


class Begun(Protocol):
    """A run whose first cells have been run in this process."""

    def raise_walls(self, request: RunRequest) -> Walls:
        """As `walls.raise_walls`, from where that run stands."""

    def live_on(self, request: RunRequest, blob: bytes, channel: Channel, walls: Walls) -> None:
        """As `child.live`, from the next cell on."""


class _Folders:
    """Scratch folders in the shared file tree, where there is no private one."""

    def __init__(self) -> None:
        self._made: list[str] = []

    def make(self) -> str:
        self._made.append(tempfile.mkdtemp(prefix="grader-"))
        return self._made[-1]

    def remove(self) -> None:
        for folder in self._made:
            shutil.rmtree(folder, ignore_errors=True)


def _become_the_child(live: Callable[[], None], channel: Channel) -> NoReturn:
    code = BROKEN
    try:
        system.prctl(system.PR_SET_PDEATHSIG, signal.SIGKILL)
        child.close_all_but(channel.descriptors)
        live()
        code = 0
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        os._exit(code)


def _watch(pid: int, report: socket.socket) -> None:
    """Wait for the child's end, or bring it about when the trusted side hangs up."""
    ended = os.pidfd_open(pid)
    _tell(report, {}, ended)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(report, 0)  # hang-ups are always told
    if not any(descriptor == ended for descriptor, _ in poll.poll()):
        os.kill(pid, signal.SIGKILL)
    os.close(ended)


def _end_strays() -> None:
    """End what a run left behind where no process namespace ended it."""
    while strays := Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        for pid in strays:
            os.kill(int(pid), signal.SIGKILL)
        os.waitpid(int(strays[0]), 0)


def _tell(report: socket.socket, message: dict[str, Any], descriptor: int | None = None) -> None:
    rights = [] if descriptor is None else [array.array("i", [descriptor])]
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, right) for right in rights]
    try:
        report.sendmsg([json.dumps(message).encode()], ancillary)
    except OSError:
        return  # nobody listens any more
