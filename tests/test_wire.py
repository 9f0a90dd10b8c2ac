from __future__ import annotations

import io

import pytest

from grader import wire


def frame(message: wire.Message, blob: bytes = b"") -> bytes:
    return wire.encode(message, blob)


def test_frames_come_back_as_they_went() -> None:
    stream = io.BytesIO(frame(wire.Done(exited=True), b"numbers") + frame(wire.Parted()))
    header, blob = wire.read_frame(stream.read) or (b"", b"")
    assert wire.decode_event(header) == wire.Done(exited=True)
    assert blob == b"numbers"
    assert wire.decode_event((wire.read_frame(stream.read) or (b"", b""))[0]) == wire.Parted()
    assert wire.read_frame(stream.read) is None


def test_requests_and_audits_come_back_as_they_went() -> None:
    audit = wire.Audit(seed=1, jitter=0.1, perturbation=0.5)
    assert wire.decode_audit(frame(audit)[wire.HEADER.size :]) == audit
    request = wire.RunRequest(
        cells=[
            wire.CellCode(
                index=0, source="x", hooks=[wire.Hook(path=[("body", 0)], op="part", id=0)]
            )
        ],
        gradients={},
        inputs={},
        forward={},
        limits=wire.Limits(),
        data="",
    )
    assert wire.decode_request(frame(request)[wire.HEADER.size :]) == request


@pytest.mark.parametrize("length", range(1, 30))
def test_a_frame_that_is_cut_off_is_an_error(length: int) -> None:
    whole = frame(wire.Done(), b"blob")
    with pytest.raises(wire.FrameError):
        wire.read_frame(io.BytesIO(whole[: min(length, len(whole) - 1)]).read)


def test_lengths_over_the_limit_are_refused_before_anything_is_read() -> None:
    with pytest.raises(wire.FrameError, match="over the limit"):
        wire.lengths(wire.HEADER.pack(10, wire.MAX_BLOB + 1))
    with pytest.raises(wire.FrameError, match="over the limit"):
        wire.lengths(wire.HEADER.pack(wire.MAX_HEADER + 1, 0))


def test_a_message_over_the_limit_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_BLOB", 3)
    with pytest.raises(wire.FrameError, match="too large"):
        frame(wire.Done(), b"four")


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"[]",
        b'{"type":"run"}',
        b'{"type":"nobody"}',
        b'{"type":"settled"}',
        b"\xff",
        b"[" * 99_999,
    ],
)
def test_what_is_no_event_is_an_error(header: bytes) -> None:
    with pytest.raises(wire.FrameError):
        wire.decode_event(header)
