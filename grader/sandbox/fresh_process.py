"""One process per run, for machines where a warm one cannot be forked."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO

from msgspec.structs import replace

from grader.errors import InfrastructureError
from grader.protocol import Recipe, Room, RunRequest, encode
from grader.sandbox.closing import Closing
from grader.sandbox.command import (
    WITHOUT_ENGINE,
    mentioned_modules,
    needs_engine,
    worker_command,
    worker_environment,
)
from grader.sandbox.data_folders import DataFolders
from grader.sandbox.isolation import REQUIRED
from grader.sandbox.outcome import RunOutcome
from grader.sandbox.process_tree import ProcessTree
from grader.sandbox.supervise import Ended, Supervision, WorkerLostError
from grader.temporary_folder import workspace

_PIECE = 1 << 18
_PIECES_AHEAD = 16
_PATIENCE = 1.0


class FreshProcessSandbox(Closing):
    """Starts an interpreter for each request: slow, and less walled off."""

    def __init__(
        self,
        data_dirs: Sequence[Path | str] = (),
        command: Callable[..., list[str]] = worker_command,
        *,
        without: Iterable[str] = (),
        required: bool = True,
    ) -> None:
        self._folders = DataFolders(data_dirs)
        self._command = command
        self._without = frozenset(without)
        self._required = REQUIRED if required else []

    def open(self, request: RunRequest, blob: bytes = b"") -> FreshSession:
        """Run one request. Raises `InfrastructureError` if no worker comes up, twice, and
        `UnsafeError` where runs cannot be walled off and that was required.
        """
        self._folders.check(request)
        request = replace(request, required=self._required)
        return FreshSession(self, request, blob)

    def run(self, request: RunRequest, blob: bytes = b"") -> RunOutcome:
        """One request of which nothing more is asked; errors as for `open`."""
        return self.open(request, blob).outcome

    def attempt(self, request: RunRequest, blob: bytes) -> RunOutcome:
        """One process for one phase, and another if it does not come up."""
        try:
            return self._attempt(request, blob)
        except WorkerLostError:
            return self._attempt(request, blob)

    def _attempt(self, request: RunRequest, blob: bytes) -> RunOutcome:
        with workspace(mode=0o711) as outer:
            folder = outer / "scratch"
            folder.mkdir()
            less = frozenset() if needs_engine(request) else WITHOUT_ENGINE
            without = ",".join(sorted(self._without | less))
            command = self._command("once", str(folder), without, *mentioned_modules(request))
            worker = _FreshWorker(command, encode(request, blob))
            supervision = Supervision(worker, request)
            try:
                return supervision.phase()
            finally:
                supervision.close()

    def close(self) -> None:
        """Nothing outlives a run."""


class FreshSession(Closing):
    """A run in a process of its own; a clean room is started anew for each question."""

    def __init__(self, sandbox: FreshProcessSandbox, request: RunRequest, blob: bytes) -> None:
        self._sandbox = sandbox
        self._request = request
        self._recipes = {recipe.number: recipe for recipe in _recipes(request.room)}
        self.outcome = sandbox.attempt(request, blob)

    def ask(self, room: Room, blob: bytes = b"") -> RunOutcome:
        """See `outcome.Session`."""
        self._recipes |= {recipe.number: recipe for recipe in room.recipes}
        whole = replace(room, recipes=list(self._recipes.values()))
        return self._sandbox.attempt(replace(self._request, room=whole), blob)

    def close(self) -> None:
        """Nothing outlives a run."""


def _recipes(room: Room | None) -> list[Recipe]:
    return room.recipes if room is not None else []


class _FreshWorker:
    """A process with the channel on its stdin and stdout; a thread of ours moves the bytes."""

    backend = "fresh process"

    def __init__(self, command: list[str], request_frame: bytes) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(  # noqa: S603
                command,
                env=worker_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,  # one group, to be ended as one
            )
        except OSError as error:
            raise InfrastructureError(f"no worker could be started: {error}") from error
        self._pieces: queue.Queue[bytes] = queue.Queue(_PIECES_AHEAD)
        self._mover = threading.Thread(target=self._move, args=[request_frame], daemon=True)
        self._mover.start()

    def receive(self, seconds: float) -> bytes | None:
        """See `supervise.Worker`."""
        try:
            return self._pieces.get(timeout=seconds)
        except queue.Empty:
            return None

    def tree(self) -> ProcessTree | None:
        """The process and its children; after a double fork it is out of sight."""
        return ProcessTree(self._process.pid) if ProcessTree.measurable() else None

    def kill(self) -> None:
        """End the process group; what has left the group stays."""
        if sys.platform == "win32":
            self._process.kill()
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return

    def ended(self, seconds: float) -> Ended | None:
        """How the process ended."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        return Ended(code=code) if code >= 0 else Ended(signal=-code)

    def complaint(self) -> str:
        """The last line of its stderr."""
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "no reason given")

    def close(self) -> None:
        """Wait for the killed process, and for the thread unless a stray holds its pipe."""
        self._process.wait()
        deadline = time.monotonic() + _PATIENCE
        while self._mover.is_alive() and time.monotonic() < deadline:
            self.receive(0.01)
        self._errors.close()

    def _move(self, request_frame: bytes) -> None:
        assert self._process.stdin
        assert self._process.stdout
        try:
            with self._process.stdin as stdin:
                stdin.write(request_frame)
        except OSError:
            pass  # it ended before reading; the end of its stream tells
        with self._process.stdout as stdout:
            while piece := os.read(stdout.fileno(), _PIECE):
                self._pieces.put(piece)
        self._pieces.put(b"")
