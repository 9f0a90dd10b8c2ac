"""What a run must not reach: a secret, services, a process; made here to be attacked. Linux."""

from __future__ import annotations

import os
import resource
import secrets
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from grader.sandbox.closing import Closing


class Victims(Closing):
    """A folder with a secret, a TCP, a UDP and a path socket, and an idle process."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="grader-doctor-"))
        self.folder = Path(folder)
        self.secret = self.folder / "secret.txt"
        self.secret.write_text(secrets.token_hex(), encoding="ascii")
        for path in (self.folder, self.secret):
            path.chmod(0o777)  # so that no permission of the file's own is what protects it
        self.tcp = self._listen(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        self.udp = self._listen(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
        self.path = self._listen(
            socket.AF_UNIX, socket.SOCK_STREAM, str(self.folder / "service.socket")
        )
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", "import time; time.sleep(600)"],
            stdin=subprocess.DEVNULL,
        )
        self._before = self._condition()

    def untouched(self) -> bool:
        """Whether the idle process still lives as it did."""
        return self.process.poll() is None and self._condition() == self._before

    def heard(self) -> bool:
        """Whether anything has come in by UDP."""
        self.udp.setblocking(False)
        try:
            return bool(self.udp.recv(1))
        except BlockingIOError:
            return False

    def written(self) -> bool:
        """Whether anything was added to the folder."""
        return {path.name for path in self.folder.iterdir()} != {"secret.txt", "service.socket"}

    def close(self) -> None:
        """Take all of it away."""
        self.process.kill()
        self.process.wait()
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def _listen(self, family: int, kind: int, address: tuple[str, int] | str) -> socket.socket:
        made = self._stack.enter_context(socket.socket(family, kind))
        made.bind(address)
        if kind == socket.SOCK_STREAM:
            made.listen()
        return made

    def _condition(self) -> tuple[int, tuple[int, int], bool]:
        pid = self.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        return os.getpriority(os.PRIO_PROCESS, pid), limits, state == "T"
