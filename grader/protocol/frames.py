"""Frames: JSON and safetensors, nothing executable.

    frame = u32 length of the header | u64 length of the blob | header (JSON) | blob (safetensors)

Both lengths are capped before a byte is read. The decoder accepts only the records of `messages`
and raises `FrameError` for all else.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from grader.protocol.messages import Event, Message, Order, Room, RunRequest

HEADER = struct.Struct(">IQ")
MAX_HEADER = 32 << 20
MAX_BLOB = 256 << 20


Blob: TypeAlias = bytes | bytearray
"""Tensors as bytes; what has arrived is shared by the tensors made of it."""


class FrameError(ValueError):
    """A frame that is too long, cut off, or not one of the records."""


_encoder = msgspec.json.Encoder()
_to_builtins = msgspec.to_builtins
_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_requests: msgspec.json.Decoder[RunRequest] = msgspec.json.Decoder(RunRequest)
_orders: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Order)
_rooms: msgspec.json.Decoder[Room] = msgspec.json.Decoder(Room)


def encode(message: Message, blob: bytes = b"") -> bytes:
    """One frame as bytes. Halves of characters, which no file could hold, are replaced."""
    try:
        header = _encoder.encode(message)
    except UnicodeEncodeError:
        header = _encoder.encode(_whole(_to_builtins(message)))
    if len(header) > MAX_HEADER or len(blob) > MAX_BLOB:
        raise FrameError("the message is too large for a frame")
    return HEADER.pack(len(header), len(blob)) + header + blob


def _whole(value: Any) -> Any:
    """The same without lone surrogates, in whatever text it holds."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole(key): _whole(each) for key, each in value.items()}
    return [_whole(each) for each in value] if isinstance(value, list | tuple) else value


def lengths(prefix: bytes) -> tuple[int, int]:
    """Header and blob length of the frame that begins with `prefix` (12 bytes)."""
    header, blob = HEADER.unpack(prefix)
    if header > MAX_HEADER or blob > MAX_BLOB:
        raise FrameError(f"a frame of {header} + {blob} bytes is over the limit")
    return header, blob


def decode_event(header: bytes) -> Event:
    """The record of a frame that a worker sent."""
    try:
        return _events.decode(header)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise FrameError(str(error)) from error


def decode_request(header: bytes) -> RunRequest:
    """The record of a frame that the trusted side sent."""
    return _requests.decode(header)


def decode_order(message: bytes) -> Order:
    """What goes to a fork server with a run's descriptors."""
    return _orders.decode(message)


def decode_room(header: bytes) -> Room:
    """The record of a frame that asks the clean room for more."""
    return _rooms.decode(header)


def read_frame(read: Callable[[int], bytes]) -> tuple[bytes, bytes] | None:
    """Header and blob of the next frame; None at a clean end of the stream.

    `read(n)` returns at most n bytes and b"" at the end.
    """
    prefix = _read_exactly(read, HEADER.size, end_allowed=True)
    if prefix is None:
        return None
    header, blob = lengths(prefix)
    return _read_exactly(read, header) or b"", _read_exactly(read, blob) or b""


def _read_exactly(
    read: Callable[[int], bytes], count: int, *, end_allowed: bool = False
) -> bytes | None:
    parts: list[bytes] = []
    missing = count
    while missing:
        part = read(min(missing, 1 << 20))
        if not part:
            if end_allowed and missing == count:
                return None
            raise FrameError("the stream ended within a frame")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
