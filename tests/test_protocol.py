from __future__ import annotations

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader import protocol


def frame(message: protocol.Message, blob: bytes = b"") -> bytes:
    return protocol.encode(message, blob)


def test_frames_come_back_as_they_went() -> None:
    stream = io.BytesIO(
        frame(protocol.Done(), b"numbers") + frame(protocol.Started(isolation={}, environment={}))
    )
    header, blob = protocol.read_frame(stream.read) or (b"", b"")
    assert protocol.decode_event(header) == protocol.Done()
    assert blob == b"numbers"
    started = protocol.decode_event((protocol.read_frame(stream.read) or (b"", b""))[0])
    assert started == protocol.Started(isolation={}, environment={})
    assert protocol.read_frame(stream.read) is None


def test_requests_and_rooms_come_back_as_they_went() -> None:
    room = protocol.Room(
        recipes=[protocol.Recipe(number=0, steps=[("dh = dy * 2", {"dy": "1:dy"})], shared=True)],
        evaluations=[protocol.Evaluation(network=1, bind={"1:dy": "0/1:dy"}, wanted=["0:dh"])],
        numbers={"2:n": 32, "3:lr": 0.5},
        arrays=["0/1:dy"],
    )
    assert protocol.decode_room(frame(room)[protocol.HEADER.size :]) == room
    request = protocol.RunRequest(
        cells=[
            protocol.CellCode(
                index=0, source="x", hooks=[protocol.Hook(path=[("body", 0)], op="pass", id=0)]
            )
        ],
        gradients={},
        inputs={},
        forward={},
        limits=protocol.Limits(),
        data="",
        captures=["G·h"],
        room=room,
    )
    assert protocol.decode_request(frame(request)[protocol.HEADER.size :]) == request


def test_what_the_clean_room_answers_comes_back_as_it_went() -> None:
    values = {"0:dh": protocol.Value(kind="tensor", key="0:dh", dtype="float32", shape=[2])}
    answer = protocol.Computed(evaluation=3, values=values, failures={"1:dW": "raises ValueError"})
    header = frame(answer)[protocol.HEADER.size :]
    assert protocol.decode_event(header) == answer


ANY = st.text(st.characters(exclude_categories=()), max_size=20)


@given(ANY, st.lists(ANY, max_size=3))
@example("\ud800", ["\udc00\ud800", "\ud83d\ude00"])
def test_any_text_gets_through_with_halves_of_characters_replaced(
    text: str, notes: list[str]
) -> None:
    message = protocol.CellDone(index=1, status="error", error=text, notes=notes)
    frame = protocol.read_frame(io.BytesIO(protocol.encode(message, b"blob")).read)
    assert frame is not None
    came = protocol.decode_event(frame[0])
    whole = [
        each.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        for each in (text, *notes)
    ]
    assert isinstance(came, protocol.CellDone)
    assert [came.error, *came.notes] == whole
    assert (came.status, frame[1]) == ("error", b"blob")


@pytest.mark.parametrize("length", range(1, 30))
def test_a_frame_that_is_cut_off_is_an_error(length: int) -> None:
    whole = frame(protocol.Done(), b"blob")
    with pytest.raises(protocol.FrameError):
        protocol.read_frame(io.BytesIO(whole[: min(length, len(whole) - 1)]).read)


def test_lengths_over_the_limit_are_refused_before_anything_is_read() -> None:
    with pytest.raises(protocol.FrameError, match="over the limit"):
        protocol.lengths(protocol.HEADER.pack(10, protocol.MAX_BLOB + 1))
    with pytest.raises(protocol.FrameError, match="over the limit"):
        protocol.lengths(protocol.HEADER.pack(protocol.MAX_HEADER + 1, 0))


def test_a_message_over_the_limit_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.protocol.frames.MAX_BLOB", 3)
    with pytest.raises(protocol.FrameError, match="too large"):
        frame(protocol.Done(), b"four")


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
    with pytest.raises(protocol.FrameError):
        protocol.decode_event(header)
