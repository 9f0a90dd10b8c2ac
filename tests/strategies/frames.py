"""Frames: a real run's, spoilt byte by byte, frame by frame, and field by field."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from grader import protocol
from grader.sandbox import RunOutcome

LIVE = "<script>window.pwned=1</script>\x1b]0;x\x07\n::error::"
ODD: tuple[Any, ...] = (True, 1.5, None, "0", "NaN", [], {}, "\ud800")
"""Values of types that few fields have, and text that no UTF-8 holds."""
NUMBERS = (0, 1, -1, 2, 25, 255, 2**31, 2**63 - 1, 2**63, -(2**63), 2**64, 10**30)
SECONDS = (0.0, -1.0, 1e308, -1e308, 1e-320)
TEXTS = ("", "dh", "h", "dW1", "h.grad", LIVE, "x" * 100_000, "\0", "é")
SLOTS = ("0:dh", "1:h", "7:dlogits", "999:dh", "dh", "", "x" * 100_000)
SHAPES = (
    None,
    [],
    [0],
    [64],
    [1, 64],
    [32, 64],
    [-1],
    [2**63],
    [10**30],
    [2**40, 2**40],
    [1] * 70_000,
    [1.5],
    ["x"],
)
DTYPES = (
    "F32",
    "F64",
    "F16",
    "BF16",
    "I64",
    "I8",
    "U8",
    "BOOL",
    "F8_E4M3",
    "C64",
    "U64",
    "F4",
    "",
    5,
)


class Frame(NamedTuple):
    """One frame: the JSON of its header, and its blob."""

    header: bytes
    blob: bytes

    @property
    def packed(self) -> bytes:
        return protocol.HEADER.pack(len(self.header), len(self.blob)) + self.header + self.blob

    @property
    def kind(self) -> str:
        return str(json.loads(self.header)["type"])


def frames_of(outcome: RunOutcome) -> list[Frame]:
    """What a run sent."""
    return [taken_apart(protocol.encode(event, blob)) for event, blob in outcome.events]


def taken_apart(packed: bytes) -> Frame:
    header, _ = protocol.HEADER.unpack_from(packed)
    start = protocol.HEADER.size
    return Frame(packed[start : start + header], packed[start + header :])


Phase = Sequence[Frame]
"""The frames of an ordinary run, or of one answer of the clean room."""


class Tape:
    """A worker that has sent all it ever will: it stands in for a process (`supervise.Worker`)."""

    backend = "fork server"

    def __init__(self, phases: Sequence[bytes], piece: int = 1 << 16) -> None:
        self._phases = [memoryview(phase) for phase in phases]
        self._piece = piece
        self._current = self._phases.pop(0)

    def receive(self, seconds: float) -> bytes | None:
        data, self._current = self._current[: self._piece], self._current[self._piece :]
        return bytes(data)

    def send(self, frame: bytes) -> None:
        """The clean room is asked: the next phase, the last one again if there is none."""
        self._current = self._phases.pop(0) if len(self._phases) > 1 else self._phases[0]

    def tree(self) -> None:
        return None

    def kill(self) -> None:
        pass

    def ended(self, seconds: float) -> Any:
        from grader.sandbox.supervise import Ended

        return Ended(code=0)

    def complaint(self) -> str:
        return ""

    def close(self) -> None:
        pass


# ---- what is done to them --------------------------------------------------------------------


class Spoilt(NamedTuple):
    """A change of one run, small enough to be printed."""

    what: str
    at: int
    how: Any

    def done_to(self, frames: list[Frame], others: Phase) -> bytes:
        """The bytes of the run with this change; `at` is taken modulo what there is."""
        kept = list(frames)
        index = 1 + self.at % (len(kept) - 1)  # the first comes before any student code
        return CHANGES[self.what](kept, index, self.how, others)


def packed(frames: Sequence[Frame]) -> bytes:
    return b"".join(frame.packed for frame in frames)


def _flip(frames: list[Frame], index: int, how: Any, _: Phase) -> bytes:
    data = bytearray(frames[index].packed)
    for position, mask in how:
        data[_important(position, frames[index])] ^= mask
    return packed(frames[:index]) + bytes(data) + packed(frames[index + 1 :])


def _important(position: int, frame: Frame) -> int:
    """A position in a frame: most of them in its lengths, its header and the table of its blob."""
    return position % (_head(frame) if position % 8 else len(frame.packed))


def _head(frame: Frame) -> int:
    table = 8 + int.from_bytes(frame.blob[:8], "little") if frame.blob else 0
    return protocol.HEADER.size + len(frame.header) + table


def positions(frame: Frame) -> Iterator[int]:
    """All positions before the numbers, and some hundred of those."""
    head, size = _head(frame), len(frame.packed)
    yield from range(head)
    yield from range(head, size, 1 + (size - head) // 100)


def _cut(frames: list[Frame], index: int, how: Any, _: Phase) -> bytes:
    return packed(frames[:index]) + frames[index].packed[: how % (len(frames[index].packed) + 1)]


def _lengths(frames: list[Frame], index: int, how: Any, _: Phase) -> bytes:
    header, blob = how
    frame = frames[index]
    prefix = protocol.HEADER.pack(
        (len(frame.header) + header) % 2**32, (len(frame.blob) + blob) % 2**64
    )
    return packed(frames[:index]) + prefix + frame.header + frame.blob + packed(frames[index + 1 :])


def _drop(frames: list[Frame], index: int, how: Any, _: Phase) -> bytes:
    del frames[index : index + 1 + how % 5]
    return packed(frames)


def _double(frames: list[Frame], index: int, how: Any, _: Phase) -> bytes:
    return packed([*frames[:index], *frames[index : index + 1] * (2 + how % 50), *frames[index:]])


def _move(frames: list[Frame], index: int, how: Any, _: Phase) -> bytes:
    frame = frames.pop(index)
    frames.insert(1 + how % len(frames), frame)
    return packed(frames)


def _foreign(frames: list[Frame], index: int, how: Any, others: Phase) -> bytes:
    start = how % len(others)
    return packed([*frames[:index], *others[start : start + 9], *frames[index:]])


def _swap_blob(frames: list[Frame], index: int, how: Any, others: Phase) -> bytes:
    frames[index] = frames[index]._replace(blob=others[how % len(others)].blob)
    return packed(frames)


def _field(frames: list[Frame], index: int, how: Any, _: Phase) -> bytes:
    """Another value in one field of an event, those of its `value` included."""
    event = json.loads(frames[index].header)
    number, value = how
    places = [(event, key) for key in event] + [
        (event["value"], key)
        for key in ("kind", "key", "dtype", "shape", "note")
        if isinstance(event.get("value"), dict)
    ]
    holder, key = places[number % len(places)]
    holder[key] = value
    frames[index] = frames[index]._replace(header=_json(event))
    return packed(frames)


def _event(frames: list[Frame], index: int, how: Any, _: Phase) -> bytes:
    event, blob = how
    frames.insert(index, Frame(_json(event), blob))
    return packed(frames)


def _table(frames: list[Frame], index: int, how: Any, _: Phase) -> bytes:
    """Another entry in the table of a blob."""
    blob = frames[index].blob
    if not blob:
        return packed(frames)
    size = int.from_bytes(blob[:8], "little")
    table = json.loads(blob[8 : 8 + size])
    number, key, value = how
    table[sorted(table)[number % len(table)]][key] = value
    text = _json(table)
    frames[index] = frames[index]._replace(
        blob=struct.pack("<Q", len(text)) + text + blob[8 + size :]
    )
    return packed(frames)


def _noise(frames: list[Frame], index: int, how: Any, _: Phase) -> bytes:
    return packed(frames[:index]) + how + packed(frames[index:])


def _json(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


CHANGES: dict[str, Callable[[list[Frame], int, Any, Phase], bytes]] = {
    "flip": _flip,
    "cut": _cut,
    "lengths": _lengths,
    "drop": _drop,
    "double": _double,
    "move": _move,
    "foreign": _foreign,
    "swap blob": _swap_blob,
    "field": _field,
    "event": _event,
    "table": _table,
    "noise": _noise,
}

# ---- strategies ------------------------------------------------------------------------------

_at = st.integers(0, 10_000)
_off = st.sampled_from([0, 1, -1, 7, 2**31, 2**32 - 1, 2**40, 2**63])
_numbers = st.sampled_from(NUMBERS) | st.integers(0, 60)
_values = st.fixed_dictionaries(
    {"kind": st.sampled_from(["tensor", "array", "scalar", "none", "other", "module"])},
    optional={
        "key": st.sampled_from(["dh", "h", "value", "", LIVE, None]),
        "dtype": st.sampled_from(["float32", "int64", LIVE, "x" * 100_000, None]),
        "shape": st.sampled_from(SHAPES),
        "note": st.sampled_from(TEXTS),
    },
)
_of_type: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "inputs": {"pass_id": _numbers, "cell": _numbers},
    "forward": {"pass_id": _numbers, "cell": _numbers},
    "settled": {
        "lifetime": _numbers,
        "occurrence": _numbers,
        "pass_id": _numbers,
        "value": _values,
    },
    "seen": {
        "name": st.sampled_from(TEXTS),
        "found_as": st.sampled_from(TEXTS),
        "lifetime": _numbers,
        "where": st.sampled_from(["cell", "fresh", "returned", "x"]),
        "cell": _numbers,
        "pass_id": _numbers,
        "value": _values,
    },
    "cell": {
        "index": _numbers,
        "status": st.sampled_from(["ok", "error", "skipped", "timed_out"]),
        "error": st.sampled_from(TEXTS),
        "line": _numbers,
        "seconds": st.sampled_from(SECONDS),
        "output": st.sampled_from(TEXTS),
        "shown": st.sampled_from(TEXTS),
        "soft_errors": st.lists(st.sampled_from(TEXTS), max_size=3),
        "notes": st.lists(st.sampled_from(TEXTS), max_size=3),
    },
    "computed": {
        "evaluation": _numbers,
        "values": st.dictionaries(st.sampled_from(SLOTS), _values, max_size=2),
        "failures": st.dictionaries(st.sampled_from(SLOTS), st.sampled_from(TEXTS), max_size=2),
    },
    "done": {},
    "run": {},
    LIVE: {},
}
events = st.one_of(
    *(st.fixed_dictionaries({"type": st.just(kind), **fields}) for kind, fields in _of_type.items())
)


@st.composite
def blobs(draw: st.DrawFn) -> bytes:
    """Safetensors whose table lies, or says odd things truly."""
    count = draw(st.integers(0, 3))
    data = bytes(draw(st.sampled_from([0, 1, 4, 8, 64, 256, 8192])))
    if draw(st.booleans()):
        data = (b"\xff\xff\x7f\x7f\x00\x00\xc0\x7f\x00\x00\x80\xff" * 700)[: len(data)]
    table: dict[str, Any] = {}
    for _ in range(count):
        table[draw(st.sampled_from(["dh", "h", "W1", "value", "", LIVE]))] = {
            "dtype": draw(st.sampled_from(DTYPES)),
            "shape": draw(st.sampled_from(SHAPES) | st.just([len(data) // 4])),
            "data_offsets": draw(
                st.sampled_from(
                    [[0, len(data)], [0, 0], [len(data), 0], [-1, 4], [0, 2**63], [], 5]
                )
            ),
        }
    if draw(st.integers(0, 9)) == 0:
        table["__metadata__"] = draw(st.sampled_from([{"a": "b"}, {"a": 1}, 5, None]))
    text = draw(st.sampled_from([_json(table)] * 9 + [b"[" * 50_000, b"", b"null", b"\xff"]))
    size = draw(st.sampled_from([len(text)] * 9 + [0, 2**63, len(text) + 1, 100_000_001]))
    return struct.pack("<Q", size % 2**64) + text + data


spoilt = st.one_of(
    st.builds(
        Spoilt,
        st.just("flip"),
        _at,
        st.lists(st.tuples(st.integers(0, 2**20), st.integers(1, 255)), min_size=1, max_size=3),
    ),
    st.builds(
        Spoilt, st.sampled_from(["cut", "drop", "double", "move", "foreign", "swap blob"]), _at, _at
    ),
    st.builds(Spoilt, st.just("lengths"), _at, st.tuples(_off, _off)),
    st.builds(
        Spoilt,
        st.just("field"),
        _at,
        st.tuples(_at, st.sampled_from([*NUMBERS, *TEXTS, *SHAPES[1:], *ODD, 1e308])),
    ),
    st.builds(Spoilt, st.just("event"), _at, st.tuples(events, blobs() | st.just(b""))),
    st.builds(
        Spoilt,
        st.just("table"),
        _at,
        st.tuples(
            _at,
            st.sampled_from(["dtype", "shape", "data_offsets", "x"]),
            st.sampled_from([*SHAPES, *DTYPES, [0, 4], [4, 0]]),
        ),
    ),
    st.builds(Spoilt, st.just("noise"), _at, st.binary(min_size=1, max_size=30)),
)
"""One change of a run."""
changes = st.tuples(st.integers(0, 2), st.lists(spoilt, min_size=1, max_size=2))
"""Which phase of a submission's runs, and what is done to it."""
