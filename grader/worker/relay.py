"""What one exercise's fork says, passed on frame by frame, and its end when it takes too long."""

from __future__ import annotations

import os
import select
import signal
import time

from grader import protocol
from grader.protocol import Returned
from grader.worker.channel import Channel

TICK_MS = 50
WAITING = 10
"""Wall time per CPU second that is granted to a call."""
_PIECE = 1 << 18
# Held here from before there is student code.
_read, _kill, _killpg, _waitpid = os.read, os.kill, os.killpg, os.waitpid
_monotonic, _gettime, _poll = time.monotonic, time.clock_gettime, select.poll


class Relay:
    """Follows one fork to its end."""

    def __init__(
        self,
        pid: int,
        reading: int,
        channel: Channel,
        *,
        exercise: int,
        calls: int,
        seconds: float,
        most: int,
    ) -> None:
        """seconds: CPU time of a call. most: bytes of all its results."""
        self._pid = pid
        self._reading = reading
        self._seconds = seconds
        self._channel = channel
        self._exercise = exercise
        self._calls = calls
        self._most = most
        self._answered = 0
        self._buffer = bytearray()
        self._taken = 0
        self._ended: int | None = None

    def follow(self) -> None:
        """Pass on what comes; at the end say why calls have no answer."""
        why = self._followed()
        for kill, target in ((_killpg, self._pid), (_kill, self._pid)):
            try:
                kill(target, signal.SIGKILL)
            except OSError:
                continue  # it has gone
        if self._ended is None:
            self._ended = _waitpid(self._pid, 0)[1]
        if self._answered < self._calls:
            self._say(why or _ending(self._ended))

    def _followed(self) -> str | None:
        """Why it had to be stopped, if it had."""
        poll = _poll()
        poll.register(self._reading, select.POLLIN)
        began, used = _monotonic(), self._cpu(0.0)
        while self._answered < self._calls:
            if poll.poll(TICK_MS):
                data = _read(self._reading, _PIECE)
                if not data:
                    return None
                if self._take(data):
                    began, used = _monotonic(), self._cpu(used)
            elif self._gone():
                return None
            if self._taken > self._most:
                return "what it returns is too large"
            waited = _monotonic() - began
            if self._cpu(used) - used > self._seconds or waited > WAITING * self._seconds:
                return f"it took more than {self._seconds:g} s"
        return None

    def _gone(self) -> bool:
        """Whether the fork has ended, though something of it holds the pipe."""
        pid, status = _waitpid(self._pid, os.WNOHANG)
        if pid:
            self._ended = status
        return bool(pid)

    def _cpu(self, before: float) -> float:
        """CPU seconds of the fork."""
        try:
            return _gettime((~self._pid << 3) | 2)
        except OSError:
            return before

    def _take(self, data: bytes) -> bool:
        """Pass on the frames that are whole; whether there was one."""
        self._buffer += data
        self._taken += len(data)
        before, start = self._answered, protocol.HEADER.size
        while len(self._buffer) >= start:
            header, blob = protocol.lengths(bytes(self._buffer[:start]))
            end = start + header + blob
            if len(self._buffer) < end:
                break
            self._pass_on(bytes(self._buffer[:end]), bytes(self._buffer[start : start + header]))
            del self._buffer[:end]
        return self._answered > before

    def _pass_on(self, frame: bytes, header: bytes) -> None:
        """An answer in its turn, and nothing else."""
        event = protocol.decode_event(header)
        if (
            isinstance(event, Returned)
            and event.exercise == self._exercise
            and event.call == self._answered
        ):
            self._channel.send_encoded(frame)
            self._answered += 1

    def _say(self, why: str) -> None:
        self._channel.send(
            Returned(exercise=self._exercise, call=self._answered, kind="stopped", error=why)
        )


def _ending(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGXCPU:
        return "it took too long"
    return f"its process was ended by signal {-code}" if code < 0 else "it ended its own process"
