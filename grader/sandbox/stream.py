"""The worker's frames, taken apart as they arrive and bounded from the first byte."""

from __future__ import annotations

from collections.abc import Iterator

from grader import protocol

MAX_FRAMES = 200_000
BESIDE = 32 << 20
"""Bytes of all that is no tensor: what was printed, tables, names."""


class FrameStream:
    """A decoder that is fed pieces of the stream, of any size."""

    def __init__(self, megabytes: int) -> None:
        """megabytes: of tensors, as `Limits.results_mb`."""
        self._most = (megabytes << 20) + BESIDE
        self._buffer = bytearray()
        self._bytes = 0
        self._frames = 0

    def feed(self, data: bytes) -> Iterator[tuple[protocol.Event, bytearray]]:
        """The frames that `data` completes. Raises `protocol.FrameError` on anything else."""
        self._buffer += data
        self._bytes += len(data)
        if self._bytes > self._most:
            raise protocol.FrameError(f"more than {self._most >> 20} MB of results")
        while (frame := self._next()) is not None:
            self._frames += 1
            if self._frames > MAX_FRAMES:
                raise protocol.FrameError(f"more than {MAX_FRAMES} frames")
            yield frame

    def begin(self) -> None:
        """Another phase: what came before it was another's."""
        self._bytes = self._frames = 0

    @property
    def pending(self) -> bool:
        """Whether the stream stands within a frame."""
        return bool(self._buffer)

    def _next(self) -> tuple[protocol.Event, bytearray] | None:
        start = protocol.HEADER.size
        if len(self._buffer) < start:
            return None
        header, blob = protocol.lengths(bytes(self._buffer[:start]))
        end = start + header + blob
        if len(self._buffer) < end:
            return None
        with memoryview(self._buffer) as view:
            head = bytes(view[start : start + header])
            body = bytearray(view[start + header : end])  # its tensors share this memory
        del self._buffer[:end]
        return protocol.decode_event(head), body
