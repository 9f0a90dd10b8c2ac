"""The fork server: torch, or NumPy alone, is imported once, and every request gets a fork of that.

Student code never runs in this process. A request is one message on the control socket, a
`protocol.Order`, and by SCM_RIGHTS three descriptors: the run's channel, the socket for reports
about it, and a file with the cells that a template would run.
"""

import contextlib
import json
import os
import signal
import socket
from typing import NoReturn

from grader import protocol
from grader.worker import run_monitor, seccomp
from grader.worker.readable import interpreter_paths
from grader.worker.templates import Templates
from grader.worker.warm import wanted, warm_modules, warm_up

MAX_MESSAGE = 1 << 16


def serve(control_fd: int) -> NoReturn:
    """Serve each request, until every holder of the other end has closed it."""
    control = socket.socket(fileno=control_fd)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    warm_up()
    interpreter_paths()
    with contextlib.suppress(OSError):  # it is missing, as each run will report
        seccomp.compiled(sockets=True)
    server = Server(control)
    while True:
        message, descriptors, _, _ = socket.recv_fds(
            control, MAX_MESSAGE, 3, socket.MSG_CMSG_CLOEXEC
        )
        if not message:
            server.leave()
        server.serve(protocol.decode_order(message), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


class Server:
    """Forks a keeper for each request, from a template that has run its first cells if any."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.templates = Templates()

    def serve(self, order: protocol.Order, channel: int, report: int, cells: int) -> None:
        """Have one request served; its descriptors may be closed afterwards."""
        warm_modules(order.modules)
        # A run would find these modules imported, and so must the template.
        modules = ",".join(sorted(wanted(order.modules)))
        keys = [f"{key} {modules}" for key in order.keys]
        best = self.templates.best(keys)
        if best is None or not best.hand_over([channel, report]):
            self._fork_keeper(channel, report)
        if keys and self.templates.worth(keys[-1]):
            self._start_template(keys[-1], cells)

    def leave(self) -> NoReturn:
        """End, after the keepers, which clean up behind runs that nobody listens to any more."""
        self.templates.close()
        with contextlib.suppress(ChildProcessError):
            os.wait()  # as SIGCHLD is ignored: until there are no children
        os._exit(0)  # nothing here needs the interpreter's long goodbye

    def _fork_keeper(self, channel: int, report: int) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            failed = json.dumps({"failed": f"fork: {error.strerror}"}).encode()
            os.write(report, failed)
            return
        if pid == 0:
            self._let_go()
            run_monitor.keep(channel, socket.socket(fileno=report))

    def _start_template(self, key: str, cells: int) -> None:
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with far:
            try:
                pid = os.fork()
            except OSError:
                near.close()
                return
            if pid == 0:
                near.close()
                self._let_go()
                from grader.worker import template  # warm where runs have templates

                template.grow(protocol.decode_request(_content(cells)), far)
        self.templates.add(key, near)

    def _let_go(self) -> None:
        """In a fork: others must see when this server hangs up."""
        self.control.close()
        self.templates.close()


def _content(descriptor: int) -> bytes:
    with open(descriptor, "rb", closefd=False) as file:
        file.seek(0)
        return file.read()
