from __future__ import annotations

import io

import pytest

from grader import wire


def frame(message: wire.Message, blob: bytes = b"") -> bytes:
    return wire.encode(message, blob)


def test_frames_come_back_as_they_went() -> None:
    stream = io.BytesIO(
        frame(wire.Done(), b"numbers") + frame(wire.Started(isolation={}, environment={}))
    )
    header, blob = wire.read_frame(stream.read) or (b"", b"")
    assert wire.decode_event(header) == wire.Done()
    assert blob == b"numbers"
    started = wire.decode_event((wire.read_frame(stream.read) or (b"", b""))[0])
    assert started == wire.Started(isolation={}, environment={})
    assert wire.read_frame(stream.read) is None


def test_requests_and_rooms_come_back_as_they_went() -> None:
    room = wire.Room(
        recipes=[wire.Recipe(number=0, steps=[("dh = dy * 2", {"dy": "1:dy"})], shared=True)],
        evaluations=[wire.Evaluation(network=1, bind={"1:dy": "0/1:dy"}, wanted=["0:dh"])],
        numbers={"2:n": 32, "3:lr": 0.5},
        arrays=["0/1:dy"],
    )
    assert wire.decode_room(frame(room)[wire.HEADER.size :]) == room
    request = wire.RunRequest(
        cells=[
            wire.CellCode(
                index=0, source="x", hooks=[wire.Hook(path=[("body", 0)], op="pass", id=0)]
            )
        ],
        gradients={},
        inputs={},
        forward={},
        limits=wire.Limits(),
        data="",
        captures=["G·h"],
        room=room,
    )
    assert wire.decode_request(frame(request)[wire.HEADER.size :]) == request


def test_what_the_clean_room_answers_comes_back_as_it_went() -> None:
    values = {"0:dh": wire.Value(kind="tensor", key="0:dh", dtype="float32", shape=[2])}
    answer = wire.Computed(evaluation=3, values=values, failures={"1:dW": "raises ValueError"})
    header = frame(answer)[wire.HEADER.size :]
    assert wire.decode_event(header) == answer


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
