"""The scorecard record `grader/scorecard/v1`: what grading a submission produces.

Plain data without torch. Every report is rendered from these records alone, and
`grader schema` publishes their JSON Schema.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from grader.records.comparison import Comparison

SCHEMA: Final = "grader/scorecard/v1"

Step = Literal["right", "wrong", "unknown"]
Basis = Literal[
    "value", "unproven", "follow_through", "own_forward", "coincidence", "copied", "none"
]
RunStatus = Literal[
    "completed", "timed_out", "out_of_memory", "killed", "exited", "protocol_error", "not_run"
]
CellStatus = Literal["ok", "error", "timed_out", "skipped"]
Protection = Literal["enforced", "partial", "none"]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One source line of the student's."""

    cell: int | None
    """Index among all cells of the notebook, from 0; None in a module."""
    line: int
    """Line in the cell (or the module), from 1."""
    text: str
    """The line as it stands there, shortened where it is very long."""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """Why a step is wrong, and where to look, without the answer."""

    code: str
    """Which mistake it is, `missing_sum`: one of `grader schema`'s list."""
    why: str
    """One sentence: what is wrong."""
    look_at: str
    """One question that leads to the answer without giving it."""
    evidence: dict[str, Any] = {}
    """What the sentence rests on: line, shapes, factor, fraction of elements."""


class TargetScore(Comparison, frozen=True, kw_only=True):
    """The verdict on one gradient of one exercise: its comparison, and what it earned."""

    name: str
    """The student's variable in its canonical spelling, `dlogprobs`."""
    of: str
    """The forward tensor, `logprobs`."""
    step: Step = "unknown"
    """Whether the lines derive it rightly from what they read, whatever that is worth."""
    basis: Basis = "none"
    """The rule by which points are given."""
    score: float = 0.0
    """Points earned."""
    max_score: float
    """Points to be had."""
    cell: int | None = None
    """Cell of the first of `lines`, from 0; None in a module."""
    line: int | None = None
    """First of `lines`, from 1."""
    lines: list[Line] = msgspec.field(default_factory=list)
    """Every line that wrote the attempt which counts."""
    found_as: str | None = None
    """The student's own spelling where it differs from `name`."""
    attempt: str | None = None
    """Which attempt counted where there were several, "2 of 3"."""
    upstream: list[str] = msgspec.field(default_factory=list)
    """The gradients that this step was computed from, as the student wrote it."""
    root_cause: str | None = None
    """The gradient further up whose fault a wrong value is; None if it is this one's own."""
    unproven: str | None = None
    """Why its lines cannot be followed, so that the value alone decided."""
    diagnosis: Diagnosis | None = None
    """Why the step is wrong, where that is known."""


class ExerciseScore(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise: the sum of its targets."""

    id: str
    """As in assignment.toml."""
    title: str
    """For people."""
    score: float
    """Points earned."""
    max_score: float
    """Points to be had."""
    targets: list[TargetScore]
    """In the assignment's order."""
    cause: str | None = None
    """Why it earned nothing, where that is so."""
    file: str | None = None
    """The file that counts here, where several were handed in and graded."""


class CellResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one code cell ran."""

    index: int
    """Among all cells of the notebook, from 0."""
    status: CellStatus
    """`skipped`: it was not needed for any gradient, or not reached."""
    error: str | None = None
    """Type and message of the exception, and its line; None if the cell ran through."""
    seconds: float = 0.0
    """CPU time."""


class IntegrityNote(msgspec.Struct, frozen=True, kw_only=True):
    """Something for a person to judge; it never costs points by itself."""

    code: str
    """Its kind: copied, unproven, forged, unreadable_result, unjudged, guessed, numerical,
    own_forward.
    """
    exercise: str | None = None
    """Id of the exercise that `target` belongs to."""
    target: str | None = None
    """The first gradient that it concerns, `dh`; None for the submission as a whole."""
    cell: int | None = None
    """Where to look, from 0."""
    line: int | None = None
    """Line in that cell, from 1."""
    text: str
    """One sentence for the instructor."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The file that was graded."""

    path: str
    """As handed in, relative to the folder that was graded."""
    sha256: str
    """Of its bytes; empty where it could not be read."""
    format: Literal["ipynb", "py", "unknown"]
    """What it turned out to be."""


class Isolation(msgspec.Struct, frozen=True, kw_only=True):
    """What kept the student's code in, as reached on this machine in this run."""

    backend: str
    """"fork server" or "fresh process", and the layers around it."""
    files: Protection = "none"
    """Reading and writing outside of the interpreter, the data and a scratch folder."""
    network: Protection = "none"
    """Connections to anywhere."""
    processes: Protection = "none"
    """Starting many, seeing others'."""
    signals: Protection = "none"
    """Ending or stopping processes of others."""
    memory: Protection = "none"
    """The limit on memory of the whole tree."""
    time: Protection = "none"
    """The limit on CPU time and on waiting."""
    missing: list[str] = []
    """What is not enforced, in words."""

    @property
    def level(self) -> Protection:
        """The weakest of files and network, without which nothing is isolated."""
        order: tuple[Protection, ...] = ("none", "partial", "enforced")
        return min((self.files, self.network), key=order.index)


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """The pinned arithmetic: `exact` is only comparable where this is the same."""

    grader: str
    """Version of this package."""
    python: str
    """Version of the interpreter that ran the submission."""
    torch: str
    """Version of PyTorch."""
    numpy: str
    """Version of NumPy."""
    platform: str
    """Operating system and processor."""
    cpu_capability: str
    """The vector instructions that PyTorch was held to."""
    threads: int
    """Threads that PyTorch may use."""
    seed: int
    """Seed of torch, numpy and random when a run begins."""


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known about one graded submission."""

    schema: Literal["grader/scorecard/v1"] = SCHEMA
    """Which form of record this is."""
    id: str
    """The student or group, as the class table lists it."""
    source: Source
    """The file that was graded."""
    assignment: str
    """Name of the assignment."""
    title: str = ""
    """The assignment's title, for people."""
    status: Literal["graded", "ungraded"]
    """`ungraded`: the machine could not do its part; never a zero."""
    reason: str | None = None
    """One line: why it is ungraded, or why nothing could be run."""
    run: RunStatus
    """How the run of the submission ended."""
    score: float
    """Points earned, before adjustments and lateness."""
    max_score: float
    """Points to be had."""
    notes: list[str] = []
    """About the submission as a whole: other files, data substituted, forward pass differs."""
    isolation: Isolation | None = None
    """What kept the student's code in; None if nothing was run."""
    environment: Environment | None = None
    """The pinned arithmetic; None if nothing was run."""
    exercises: list[ExerciseScore] = []
    """In the assignment's order; empty where it is ungraded."""
    cells: list[CellResult] = []
    """Every code cell of the notebook."""
    integrity: list[IntegrityNote] = []
    """What a person should look at; empty for nearly everybody."""
