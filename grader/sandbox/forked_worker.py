"""Our end of one run in a fork of the server: a channel, and a socket for reports."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import time
from pathlib import Path

import msgspec

from grader.protocol import Order
from grader.sandbox.process_tree import ProcessTree
from grader.sandbox.supervise import Ended

_PIECE = 1 << 18
_MESSAGE = 1 << 12


class ForkedWorker:
    """A run's channel (frames) and report socket (pidfd, then how it ended)."""

    backend = "fork server"

    def __init__(self, request_frame: bytes) -> None:
        self._outgoing = memoryview(request_frame)
        self._channel, self._far_channel = socket.socketpair()
        self._report, self._far_report = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.setblocking(False)
        self._pidfd = -1
        self._ended: Ended | None = None
        self._failure = ""
        self._reporting = True

    def hand_over(self, control: socket.socket, order: Order, cells: int) -> None:
        """Give the far ends to the server, with a file of the cells for a template.

        Raises OSError if it has gone.
        """
        with self._far_channel as channel, self._far_report as report:
            far = [channel.fileno(), report.fileno(), cells]
            socket.send_fds(control, [msgspec.json.encode(order)], far)

    def receive(self, seconds: float) -> bytes | None:
        """See `supervise.Worker`; sends what is left of the request meanwhile."""
        self._poll(seconds)
        try:
            return self._channel.recv(_PIECE)
        except BlockingIOError:
            return None
        except ConnectionResetError:
            return b""

    def send(self, frame: bytes) -> None:
        """Queue another request; it goes out while we listen."""
        left = bytes(self._outgoing)
        self._outgoing = memoryview(left + frame if left else frame)

    def tree(self) -> ProcessTree | None:
        """The child's processes, by its number in our own process namespace."""
        while self._pidfd < 0 and self._reporting:
            self._read_report(wait=True)
        if self._pidfd < 0 or not ProcessTree.measurable():
            return None
        return ProcessTree(_pid_of(self._pidfd))

    def kill(self) -> None:
        """End the child, and with it all processes of its namespace."""
        if self._pidfd < 0:
            return  # closing the report socket makes the keeper do it
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        except ProcessLookupError:
            return

    def ended(self, seconds: float) -> Ended | None:
        """How the keeper says that the child ended."""
        deadline = time.monotonic() + seconds
        while self._ended is None and self._reporting and time.monotonic() < deadline:
            self._poll(deadline - time.monotonic(), channel=False)
        return self._ended

    def complaint(self) -> str:
        """What the keeper could not do."""
        return self._failure

    def close(self) -> None:
        """Hang up: the keeper ends the child if it still lives."""
        self._channel.close()
        self._report.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1

    def _poll(self, seconds: float, *, channel: bool = True) -> None:
        """Wait until something can be read; reports are read at once."""
        poll = select.poll()
        if channel:
            sending = select.POLLOUT if self._outgoing else 0
            poll.register(self._channel, select.POLLIN | sending)
        if self._reporting:
            poll.register(self._report, select.POLLIN)
        for descriptor, events in poll.poll(max(0, seconds) * 1000):
            if descriptor == self._report.fileno():
                self._read_report()
            elif events & select.POLLOUT:
                self._send()

    def _send(self) -> None:
        try:
            left = self._outgoing[self._channel.send(self._outgoing) :]
            self._outgoing = left or memoryview(b"")  # which lets go of the frame
        except BlockingIOError:
            return
        except OSError:
            self._outgoing = memoryview(b"")  # its end of the stream will tell

    def _read_report(self, *, wait: bool = False) -> None:
        flags = socket.MSG_CMSG_CLOEXEC | (0 if wait else socket.MSG_DONTWAIT)
        try:
            text, rights, _, _ = socket.recv_fds(self._report, _MESSAGE, 1, flags)
        except OSError:
            text, rights = b"", []
        if not text:
            self._reporting = False
            return
        if rights:
            self._pidfd = rights[0]
        message = json.loads(text)
        self._failure = message.get("failed", self._failure)
        if "code" in message or "signal" in message:
            self._ended = Ended(message.get("code"), message.get("signal"))


def _pid_of(pidfd: int) -> int:
    with Path(f"/proc/self/fdinfo/{pidfd}").open() as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Pid:"))
