"""What must hold for any notebook and for any frames; `test_fuzz.py` and `fuzz.py` try it."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from strategies.frames import Frame, Spoilt, Tape, frames_of, packed, positions

from grader import protocol
from grader.analysis.study import Study, run_request, study
from grader.assignment import Assignment
from grader.cli.progress import summary
from grader.exercises.script.script import Script
from grader.marking.answers import NotRun
from grader.marking.card import not_run
from grader.marking.observation import decode
from grader.notebook import Unreadable, read_notebook
from grader.notebook.read import MAX_BYTES
from grader.pipeline import Graded, Grader
from grader.protocol import Room, RunRequest
from grader.records.scorecard import Scorecard, Source
from grader.report import render_notebook, render_scorecard, storable
from grader.sandbox import RunOutcome, Sandbox, Session
from grader.sandbox.closing import Closing
from grader.sandbox.stream import FrameStream
from grader.sandbox.supervise import Supervision
from grader.submission import Submission
from grader.worker.instrument import instrument

MAX_RECORD = 4 << 20
LIMITS = {"cell_seconds": 2.0, "total_seconds": 6.0, "memory_mb": 1024}


def limited(assignment: Assignment) -> Assignment:
    """The assignment with less patience: what is fuzzed need not come to its end."""
    limits = msgspec.structs.replace(assignment.spec.limits, **LIMITS)
    spec = msgspec.structs.replace(assignment.spec, limits=limits)
    return msgspec.structs.replace(assignment, spec=spec)


def is_a_whole_record(card: Scorecard) -> None:
    """A scorecard that every report can be made from."""
    assert math.isfinite(card.score)
    assert 0 <= card.score <= card.max_score == 43
    record = msgspec.json.encode(storable(card))
    assert len(record) < MAX_RECORD
    msgspec.json.decode(record, type=Scorecard)
    assert "</html>" in render_scorecard(card)
    assert summary(card).isprintable()


# ---- notebooks -------------------------------------------------------------------------------


def is_read_and_understood(name: str, content: bytes, assignment: Assignment) -> None:
    """Reading, analysis, the request for the worker; a record of what cannot be graded."""
    assert len(content) <= MAX_BYTES
    notebook = read_notebook(content, name)
    found = notebook if isinstance(notebook, Unreadable) else study(notebook, assignment)
    if isinstance(found, Unreadable):
        _is_said(found, name, assignment)
    else:
        _can_be_run(found, assignment)


def _is_said(found: Unreadable, name: str, assignment: Assignment) -> None:
    assert found.reason.startswith(f"{name} ")
    assert "\n" not in found.reason
    source = Source(path=name, sha256="", format="unknown")
    submission = Submission(id="x", candidates=(), origin=name)
    is_a_whole_record(not_run(submission, NotRun(source=source, reason=found.reason), assignment))


def _can_be_run(work: Study, assignment: Assignment) -> None:
    """The request survives the protocol, and hooks break no cell that would have run."""
    request = run_request(work, assignment, data="data")
    header = protocol.encode(request)[protocol.HEADER.size :]
    assert protocol.decode_request(header) == request
    for life in work.program.lifetimes:
        assert all(line.text is not None for line in work.lines(life))
    for cell in request.cells:
        if cell.source and _compiles(cell.source):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(instrument(cell.source, cell.hooks), "cell", "exec")


def _compiles(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def is_graded(name: str, content: bytes, grader: Grader, folder: Path) -> Scorecard:
    """The whole way, through the sandbox."""
    path = folder / f"{hashlib.sha256(content).hexdigest()[:12]}-{name}"
    path.write_bytes(content)
    graded = grader.grade(Submission(id="x", candidates=(path,), origin=name))
    path.unlink()
    assert graded.card.status == "graded", graded.card.reason
    is_a_whole_record(graded.card)
    return graded.card


# ---- frames ----------------------------------------------------------------------------------


class Recorder(Closing):
    """A sandbox that keeps what its runs sent."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.phases: list[list[Frame]] = []

    def open(self, request: RunRequest, blob: bytes = b"") -> Session:
        session = self.sandbox.open(request, blob)
        self.phases.append(frames_of(session.outcome))
        return _Recorded(self, session)

    def run(self, request: RunRequest, blob: bytes = b"") -> RunOutcome:
        outcome = self.sandbox.run(request, blob)
        self.phases.append(frames_of(outcome))
        return outcome

    def close(self) -> None:
        """The sandbox is somebody else's."""


class _Recorded(Closing):
    def __init__(self, recorder: Recorder, session: Session) -> None:
        self.recorder, self.session = recorder, session
        self.outcome = session.outcome

    def ask(self, room: Room, blob: bytes = b"") -> RunOutcome:
        outcome = self.session.ask(room, blob)
        self.recorder.phases.append(frames_of(outcome))
        return outcome

    def close(self) -> None:
        self.session.close()


class Player(Closing):
    """A sandbox whose ordinary run and clean room send what they are told to, taken in as real."""

    def __init__(self, phases: Sequence[bytes]) -> None:
        self.phases = phases

    def open(self, request: RunRequest, blob: bytes = b"") -> Session:
        ordinary, *room = self.phases
        return _Played(room or [ordinary] if request.room else [ordinary], request)

    def run(self, request: RunRequest, blob: bytes = b"") -> RunOutcome:
        return _Played(self.phases[:1], request).outcome

    def close(self) -> None:
        """There is nothing to end."""


class _Played(Closing):
    def __init__(self, phases: Sequence[bytes], request: RunRequest) -> None:
        self.tape = Tape(phases)
        self.supervision = Supervision(self.tape, request)
        self.outcome = self.supervision.phase()

    def ask(self, room: Room, blob: bytes = b"") -> RunOutcome:
        self.tape.send(protocol.encode(room, blob))
        return self.supervision.phase()

    def close(self) -> None:
        self.supervision.close()


class Runs:
    """Real runs of one honest submission, to be spoilt."""

    def __init__(self, grader: Grader, honest: Path, other: Path) -> None:
        self.submission = Submission(id="x", candidates=(honest,), origin="x.ipynb")
        self.grader = grader
        (script,) = grader.kinds
        assert isinstance(script, Script)
        self.script = script
        self.honest, self.phases = self._recorded(self.submission)
        _, foreign = self._recorded(Submission(id="y", candidates=(other,), origin="y.ipynb"))
        self.foreign = [frame for phase in foreign for frame in phase]

    def _recorded(self, submission: Submission) -> tuple[Scorecard, list[list[Frame]]]:
        real = self.script.sandbox
        self.script.sandbox = recorder = Recorder(real)
        try:
            return self.grader.grade(submission).card, recorder.phases
        finally:
            self.script.sandbox = real

    def played(self, phases: Sequence[bytes]) -> Graded:
        """Grade the submission, its runs having sent these bytes."""
        real = self.script.sandbox
        self.script.sandbox = Player(phases)
        try:
            return self.grader.grade(self.submission)
        finally:
            self.script.sandbox = real

    def spoilt(self, number: int, changes: Sequence[Spoilt]) -> list[bytes]:
        """All phases, one of them with changes."""
        phases = [packed(phase) for phase in self.phases]
        number %= len(phases)
        frames = self.phases[number]
        for change in changes:
            changed = change.done_to(frames, self.foreign)
            phases[number] = changed
            if change is not changes[-1]:
                frames = _still_frames(changed) or frames
        return phases


def _still_frames(data: bytes) -> list[Frame]:
    """The frames at the beginning of a stream that are whole and JSON."""
    frames = []
    while len(data) >= protocol.HEADER.size:
        header, blob = protocol.HEADER.unpack_from(data)
        end = protocol.HEADER.size + header + blob
        text = data[protocol.HEADER.size : protocol.HEADER.size + header]
        if end > len(data) or not _is_event(text):
            break
        frames.append(Frame(text, data[protocol.HEADER.size + header : end]))
        data = data[end:]
    return frames if len(frames) > 1 else []


def _is_event(text: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(text), dict)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False


def is_taken_in(data: bytes) -> int:
    """Whatever bytes arrive: events, or one error that says what is wrong. Number of events."""
    stream, seen = FrameStream(96), []
    try:
        for start in range(0, len(data), 4096):
            seen += stream.feed(data[start : start + 4096])
    except protocol.FrameError as error:
        complaint = str(error)
    else:
        complaint = "none"
    assert complaint
    trace = decode(tuple(seen))
    assert len(trace.observed) <= len(seen)
    return len(seen)


def flipped(runs: Runs, *, first: int, stride: int) -> Iterator[bytes]:
    """Every frame of the runs with one byte changed: lengths, header and table of the blob at
    every position from `first` on in steps, the numbers at a few.
    """
    number = 0
    for frame in (frame for phase in runs.phases for frame in phase):
        data = bytearray(frame.packed)
        for position in positions(frame):
            number += 1
            if number % stride == first % stride:
                mask = 1 + 37 * (number // stride) % 255
                data[position] ^= mask
                yield bytes(data)
                data[position] ^= mask


def is_judged(runs: Runs, phases: Sequence[bytes], *, notebook: bool = False) -> Scorecard:
    """Whatever runs send, a submission gets its scorecard, and no more than it is worth."""
    graded = runs.played(phases)
    assert graded.card.status == "graded", graded.card.reason
    is_a_whole_record(graded.card)
    if notebook:
        assert graded.executed is None or len(render_notebook(graded.executed)) < MAX_RECORD
    return graded.card
