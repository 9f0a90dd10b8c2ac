"""The fork server: torch is imported once, and every request gets a fork of that.

Student code never runs in this process. A request is one message on the control socket:
the modules that its notebook mentions (JSON), and by SCM_RIGHTS two descriptors, the run's
channel and the socket for reports about it.
"""

import contextlib
import json
import os
import signal
import socket
from typing import NoReturn

from grader.worker import keeper
from grader.worker.readable import interpreter_paths
from grader.worker.warm import warm_modules, warm_up

MAX_MESSAGE = 1 << 16


def serve(control_fd: int) -> NoReturn:
    """Fork a keeper for each request, until every holder of the other end has closed it."""
    control = socket.socket(fileno=control_fd)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    warm_up()
    interpreter_paths()
    while True:
        message, descriptors, _, _ = socket.recv_fds(
            control, MAX_MESSAGE, 2, socket.MSG_CMSG_CLOEXEC
        )
        if not message:
            _leave()
        warm_modules(json.loads(message))
        channel, report = descriptors
        _fork_keeper(control, channel, socket.socket(fileno=report))


def _leave() -> NoReturn:
    """End, after the keepers, which clean up behind runs that nobody listens to any more."""
    with contextlib.suppress(ChildProcessError):
        os.wait()  # as SIGCHLD is ignored: until there are no children
    os._exit(0)  # nothing here needs the interpreter's long goodbye


def _fork_keeper(control: socket.socket, channel: int, report: socket.socket) -> None:
    try:
        pid = os.fork()
    except OSError as error:
        report.send(json.dumps({"failed": f"fork: {error.strerror}"}).encode())
        pid = -1
    if pid == 0:
        control.close()
        keeper.keep(channel, report)
    os.close(channel)
    report.close()
