"""A worker that has torch, or NumPy alone, imported already and forks one child per run."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from msgspec.structs import replace

from grader.errors import InfrastructureError
from grader.protocol import Order, Room, RunRequest, encode
from grader.sandbox.beginning import Beginnings, keys
from grader.sandbox.closing import Closing
from grader.sandbox.command import (
    WITHOUT_ENGINE,
    mentioned_modules,
    needs_engine,
    worker_command,
    worker_environment,
)
from grader.sandbox.data_folders import DataFolders
from grader.sandbox.forked_worker import ForkedWorker
from grader.sandbox.isolation import REQUIRED
from grader.sandbox.outcome import RunOutcome
from grader.sandbox.supervise import Supervision, WorkerLostError
from grader.temporary_folder import workspace

_PATIENCE = 10.0


class ForkServerSandbox(Closing):
    """Runs requests in forks of a warm process, which is started here and not awaited.

    Processes forked from this one may share the sandbox; only the process that opened it
    ends the server.
    """

    def __init__(
        self,
        data_dirs: Sequence[Path | str] = (),
        *,
        without: Iterable[str] = (),
        required: bool = True,
        engines: Sequence[bool] = (True,),
    ) -> None:
        """engines: whether the runs to come have torch; others start a server when they come."""
        self._folders = DataFolders(data_dirs)
        self._without = frozenset(without)
        self._required = REQUIRED if required else []
        self._owner = os.getpid()
        with ExitStack() as stack:
            self._scratch = stack.enter_context(workspace(mode=0o711))
            self._servers = {engine: self._start(engine) for engine in engines}
            self._stack = stack.pop_all()

    def open(self, request: RunRequest, blob: bytes = b"") -> ForkedSession:
        """Run one request; a server that has died is replaced once, by one that starts the
        run from the top.

        Raises `InfrastructureError` if it dies again, or cannot be started, and
        `UnsafeError` where runs cannot be walled off and that was required.
        """
        self._folders.check(request)
        request = replace(request, required=self._required)
        engine = needs_engine(request)
        if engine not in self._servers:
            self._servers[engine] = self._start(engine)
        server = self._servers[engine]
        try:
            return server.open(request, blob)
        except WorkerLostError:
            server.close()
            if not server.proven:
                # It never served a run: it may be bubblewrap that it could not live in.
                self._without |= {"bubblewrap=the worker did not start within it"}
            self._servers[engine] = server = self._start(engine)
            return server.open(replace(request, shared=0), blob)

    def _start(self, engine: bool) -> _Server:
        less = frozenset() if engine else WITHOUT_ENGINE
        return _Server(self._folders.paths(), self._without | less, self._scratch)

    def run(self, request: RunRequest, blob: bytes = b"") -> RunOutcome:
        """One request of which nothing more is asked; errors as for `open`."""
        with self.open(request, blob) as session:
            return session.outcome

    def close(self) -> None:
        """End the server and whatever still runs in its forks."""
        for server in self._servers.values():
            server.close()
        if os.getpid() == self._owner:
            self._stack.close()


class ForkedSession(Closing):
    """A run in a fork of the server."""

    def __init__(self, worker: ForkedWorker, request: RunRequest) -> None:
        self._worker = worker
        self._supervision = Supervision(worker, request)
        self.outcome = self._supervision.phase()

    def ask(self, room: Room, blob: bytes = b"") -> RunOutcome:
        """See `outcome.Session`."""
        self._worker.send(encode(room, blob))
        return self._supervision.phase()

    def close(self) -> None:
        """End every process of the run."""
        self._supervision.close()


class _Server:
    """The server process and our end of its control socket."""

    def __init__(self, folders: Sequence[str], without: Iterable[str], scratch: Path) -> None:
        self.proven = False
        self._owner = os.getpid()
        self._beginnings = Beginnings()
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._control, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = subprocess.Popen(  # noqa: S603
                worker_command("enclose", str(far.fileno()), ",".join(sorted(without)), *folders),
                env=worker_environment() | {"TMPDIR": str(scratch)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=[far.fileno()],
                start_new_session=True,  # Ctrl-C is ours to handle
            )
        except OSError as error:
            self._control.close()
            self._errors.close()
            raise InfrastructureError(f"no worker could be started: {error}") from error
        finally:
            far.close()

    def open(self, request: RunRequest, blob: bytes) -> ForkedSession:
        worker = ForkedWorker(encode(request, blob))
        order = Order(modules=mentioned_modules(request), keys=keys(request))
        try:
            cells = self._beginnings.file(order.keys[-1] if order.keys else "", request)
            worker.hand_over(self._control, order, cells)
            session = ForkedSession(worker, request)
        except (OSError, WorkerLostError) as error:
            worker.close()
            words = self._last_words()
            reason = str(error) if words in str(error) else f"{error} {words}"
            raise WorkerLostError(reason) from error
        self.proven = True
        return session

    def close(self) -> None:
        """Close our end; the server ends when the last holder of it has done so."""
        self._control.close()
        self._beginnings.close()
        if os.getpid() != self._owner:
            return
        if not _ends_within(self._process.pid, _PATIENCE):
            self._process.kill()
        self._process.wait()
        self._errors.close()

    def _last_words(self) -> str:
        """The last line of the server's stderr."""
        lines = os.pread(self._errors.fileno(), 1 << 16, 0).decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "")


def _ends_within(pid: int, seconds: float) -> bool:
    """Whether a child of ours ends in time; `Popen.wait` would look only now and then."""
    pidfd = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(pidfd)
