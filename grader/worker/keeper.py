"""The process that minds one run from outside: it starts it, waits, and reports its end.

The keeper leaves the shared namespaces but is not confined further; student code never
runs in it. When it dies the run dies, and when the trusted side goes away it ends the run.
"""

import array
import json
import os
import select
import shutil
import signal
import socket
import tempfile
import traceback
from pathlib import Path
from typing import Any, NoReturn

from grader.wire import RunRequest
from grader.worker import child, system
from grader.worker.channel import Channel
from grader.worker.walls import Walls, raise_walls

BROKEN = 70
"""Exit code (EX_SOFTWARE) of a run that the worker itself could not carry out."""


def keep(channel_fd: int, report: socket.socket) -> NoReturn:
    """Serve one request from `channel_fd`; what becomes of it goes to `report`.

    `report` gets {} with the child's pidfd, then {"code": n} or {"signal": n}; or
    {"failed": reason} in place of either.
    """
    system.prctl(system.PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    made: list[str] = []
    try:
        _keep(Channel(channel_fd, channel_fd), report, made)
    except BaseException as error:  # noqa: BLE001 - nothing may unwind into the server
        traceback.print_exc()
        _tell(report, {"failed": f"{type(error).__name__}: {error}"})
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _keep(channel: Channel, report: socket.socket, made: list[str]) -> None:
    received = channel.receive_request()
    if received is None:
        return

    def make_folder() -> str:
        made.append(tempfile.mkdtemp(prefix="grader-"))
        return made[-1]

    walls = raise_walls(received[0], make_folder, own_processes=True)
    system.prctl(system.PR_SET_PDEATHSIG, signal.SIGKILL)  # becoming nobody cleared it
    system.prctl(system.PR_SET_CHILD_SUBREAPER, 1)
    pid = os.fork()
    if pid == 0:
        _become_the_child(*received, channel, walls)
    channel.close()
    ended = _wait(pid, report)
    if walls.reached["processes"] != "ok":
        _end_strays()
    _tell(report, ended)


def _become_the_child(
    request: RunRequest, blob: bytes, channel: Channel, walls: Walls
) -> NoReturn:
    code = BROKEN
    try:
        system.prctl(system.PR_SET_PDEATHSIG, signal.SIGKILL)
        child.close_all_but(channel.descriptors)
        child.live(request, blob, channel, walls)
        code = 0
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        os._exit(code)


def _wait(pid: int, report: socket.socket) -> dict[str, int]:
    """Wait for the child's end, or bring it about when the trusted side hangs up."""
    ended = os.pidfd_open(pid)
    _tell(report, {}, ended)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(report, 0)  # hang-ups are always told
    if not any(descriptor == ended for descriptor, _ in poll.poll()):
        os.kill(pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return {"code": code} if code >= 0 else {"signal": -code}


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
