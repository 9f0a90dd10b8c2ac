"""The worker's frames, taken apart as they arrive and bounded from the first byte."""

from __future__ import annotations

from collections.abc import Iterator

from grader import protocol

MAX_BYTES = 512 << 20
MAX_FRAMES = 200_000


class FrameStream:
    """A decoder that is fed pieces of the stream, of any size."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._bytes = 0
        self._frames = 0

    def feed(self, data: bytes) -> Iterator[tuple[protocol.Event, bytes]]:
        """The frames that `data` completes. Raises `protocol.FrameError` on anything else."""
        self._buffer += data
        self._bytes += len(data)
        if self._bytes > MAX_BYTES:
            raise protocol.FrameError(f"more than {MAX_BYTES >> 20} MB of results")
        while (frame := self._next()) is not None:
            self._frames += 1
            if self._frames > MAX_FRAMES:
                raise protocol.FrameError(f"more than {MAX_FRAMES} frames")
            yield frame

    @property
    def pending(self) -> bool:
        """Whether the stream stands within a frame."""
        return bool(self._buffer)

    def _next(self) -> tuple[protocol.Event, bytes] | None:
        start = protocol.HEADER.size
        if len(self._buffer) < start:
            return None
        header, blob = protocol.lengths(bytes(self._buffer[:start]))
        end = start + header + blob
        if len(self._buffer) < end:
            return None
        with memoryview(self._buffer) as view:
            head, body = bytes(view[start : start + header]), bytes(view[start + header : end])
        del self._buffer[:end]
        return protocol.decode_event(head), body
