"""A process that has run the leading cells of the starter, and forks a keeper per request.

    fork server ─► warden: enters namespaces, waits ─► template: runs the cells, then serves
                                                          ├─► keeper ─► child: the next cells
                                                          └─► keeper ─► child: …

Only cells of the starter, which are the instructor's, ever run in it; its forks go on with
a student's and end. Where the cells leave anything that a fork would not have, or would
share, there is no template, and runs start from the top.
"""

from __future__ import annotations

import gc
import os
import random
import select
import signal
import socket
import traceback
from typing import NoReturn

from grader import protocol
from grader.worker import child, filetree, run_monitor, system
from grader.worker.channel import Channel
from grader.worker.folders import Files
from grader.worker.forkable import Stillness
from grader.worker.isolation import Walls
from grader.worker.run import Run
from grader.worker.template_walls import TemplateWalls

READY = b"ready"
_FOLDERS = (filetree.SCRATCH, filetree.TEMPORARY, filetree.SHARED_MEMORY)
_MESSAGE = 1 << 8


class UnfitError(Exception):
    """Cells after which a process cannot be forked as if it had just run them."""


def grow(request: protocol.RunRequest, server: socket.socket) -> NoReturn:
    """Become the warden of a template for `request`; its far end of `server` gets READY.

    When the cells fail, take more wall time than one cell may, or leave what cannot be
    forked, the socket is closed instead.
    """
    try:
        system.prctl(system.PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        ground = TemplateWalls(request)
        waiting, ready = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(waiting)
            _serve(request, ground, server, ready)
        os.close(ready)
        server.close()
        poll = select.poll()
        poll.register(waiting, select.POLLIN)
        if not poll.poll(request.limits.cell_seconds * 1000):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except BaseException:  # noqa: BLE001 - nothing may unwind into the server
        traceback.print_exc()
    os._exit(0)


def _serve(
    request: protocol.RunRequest, ground: TemplateWalls, server: socket.socket, ready: int
) -> NoReturn:
    """Run the cells, then fork a keeper for each request until the server hangs up."""
    try:
        begun = TemplateRun(request, ground)
        server.send(READY)
        os.close(ready)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            message, descriptors, _, _ = socket.recv_fds(
                server, _MESSAGE, 2, socket.MSG_CMSG_CLOEXEC
            )
            if not message:
                break
            _fork_keeper(server, begun, *descriptors)
        _wait_for_all()
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    os._exit(0)


def _fork_keeper(server: socket.socket, begun: TemplateRun, channel: int, report: int) -> None:
    try:
        pid = os.fork()
    except OSError:
        pid = -1  # the closed report tells that no run came of it
    if pid == 0:
        server.close()
        run_monitor.keep(channel, socket.socket(fileno=report), begun)
    os.close(channel)
    os.close(report)


def _wait_for_all() -> None:
    """Wait for the keepers: as this is process 1 of their namespace, they end with it."""
    try:
        os.wait()  # as SIGCHLD is ignored: until there are no children
    except ChildProcessError:
        return


class TemplateRun:
    """The run of some leading cells, to be gone on with in forks of this process."""

    def __init__(self, request: protocol.RunRequest, ground: TemplateWalls) -> None:
        """Run the cells of `request`. Raises UnfitError, and OSError."""
        ground.step_down()
        self._ground = ground
        self._tape = _Tape()
        self._environment = child.describe_environment(request)
        ground.walls.move_in()
        child.settle_in(ground.walls)
        still = Stillness(ground.proc)
        self._run = Run(request, b"", self._tape.send)
        self._run.prepare()
        self._run.cells(request.cells)
        problem = self._tape.problem or still.broken()
        if problem:
            raise UnfitError(problem)
        self._files = Files(_FOLDERS)
        self._folder = os.getcwd()  # noqa: PTH109 - as text
        self._random = random.getstate()
        ground.settle()
        gc.freeze()

    def raise_walls(self, request: protocol.RunRequest) -> Walls:
        """See `run_monitor.Begun`."""
        return self._ground.raise_walls(request)

    def live_on(
        self, request: protocol.RunRequest, blob: bytes, channel: Channel, walls: Walls
    ) -> None:
        """See `run_monitor.Begun`: what the cells said is said again, and their files are laid."""
        channel.adopt()
        self._files.lay()
        os.chdir(self._folder)
        random.setstate(self._random)
        isolation = walls.close()
        refused = not child.stands(isolation, request)
        channel.send(
            protocol.Started(
                isolation=isolation,
                environment=self._environment,
                refused=refused,
                shared=len(self._run.request.cells),
            )
        )
        if not refused:
            channel.send_encoded(self._tape.frames)
            self._run.go_on(request, blob, channel)


class _Tape:
    """What the cells sent, to be sent again by every fork."""

    def __init__(self) -> None:
        self.frames = b""
        self.problem: str | None = None

    def send(self, message: protocol.Message, blob: bytes) -> None:
        """Keep a frame; a cell that raised is a problem."""
        self.frames += protocol.encode(message, blob)
        if isinstance(message, protocol.CellDone) and (message.error or message.soft_errors):
            self.problem = self.problem or f"cell {message.index} raised"
