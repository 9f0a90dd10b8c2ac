"""The scorecard record `grader/scorecard/v1`: what grading a submission produces.

Plain data without torch. Every report is rendered from these records alone, and
`grader schema` publishes their JSON Schema.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

SCHEMA: Final = "grader/scorecard/v1"

Verdict = Literal[
    "exact", "close", "mismatch", "wrong_shape", "wrong_type", "non_finite", "missing", "unjudged"
]
RIGHT: frozenset[str] = frozenset({"exact", "close"})
"""Verdicts whose value is right."""

Step = Literal["right", "wrong", "unknown"]
Basis = Literal["value", "unproven", "follow_through", "coincidence", "copied", "none"]
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


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """Why a step is wrong, and where to look, without the answer."""

    code: str
    why: str
    look_at: str
    evidence: dict[str, Any] = {}


class TargetScore(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one gradient of one exercise."""

    name: str
    """The student's variable in its canonical spelling, `dlogprobs`."""
    of: str
    """The forward tensor, `logprobs`."""
    verdict: Verdict
    exact: bool | None = None
    """Bitwise equal to autograd; None where there was nothing to compare."""
    allclose: bool | None = None
    """`torch.allclose` with torch's defaults: information, not the verdict."""
    max_diff: float | None = None
    shape: list[int] | None = None
    expected_shape: list[int] | None = None
    dtype: str | None = None
    step: Step = "unknown"
    basis: Basis = "none"
    score: float = 0.0
    max_score: float
    cell: int | None = None
    line: int | None = None
    lines: list[Line] = []
    """Every line that wrote the attempt which counts."""
    found_as: str | None = None
    """The student's own spelling where it differs from `name`."""
    attempt: str | None = None
    """Which attempt counted where there were several, "2 of 3"."""
    upstream: list[str] = []
    """The gradients that this step was computed from, as the student wrote it."""
    root_cause: str | None = None
    unproven: str | None = None
    """Why its lines cannot be followed, so that the value alone decided."""
    note: str | None = None
    diagnosis: Diagnosis | None = None


class ExerciseScore(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    score: float
    max_score: float
    targets: list[TargetScore]
    cause: str | None = None
    """Why it earned nothing, where that is so."""
    file: str | None = None
    """The file that counts here, where several were handed in and graded."""


class CellResult(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    status: CellStatus
    error: str | None = None
    """Type and message of the exception, and its line; None if the cell ran through."""
    seconds: float = 0.0


class IntegrityNote(msgspec.Struct, frozen=True, kw_only=True):
    """Something for a person to judge; it never costs points by itself."""

    code: str
    exercise: str | None = None
    """Id of the exercise that `target` belongs to."""
    target: str | None = None
    cell: int | None = None
    line: int | None = None
    text: str


class Source(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    sha256: str
    format: Literal["ipynb", "py", "unknown"]


class Isolation(msgspec.Struct, frozen=True, kw_only=True):
    """What kept the student's code in, as reached on this machine in this run."""

    backend: str
    """"fork server" or "fresh process", and the layers around it."""
    files: Protection = "none"
    network: Protection = "none"
    processes: Protection = "none"
    signals: Protection = "none"
    memory: Protection = "none"
    time: Protection = "none"
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
    python: str
    torch: str
    numpy: str
    platform: str
    cpu_capability: str
    threads: int
    seed: int


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known about one graded submission."""

    schema: Literal["grader/scorecard/v1"] = SCHEMA
    id: str
    source: Source
    assignment: str
    title: str = ""
    """The assignment's title, for people."""
    status: Literal["graded", "ungraded"]
    reason: str | None = None
    """One line: why it is ungraded, or why nothing could be run."""
    run: RunStatus
    score: float
    max_score: float
    notes: list[str] = []
    """About the submission as a whole: other files, data substituted, forward pass differs."""
    isolation: Isolation | None = None
    environment: Environment | None = None
    exercises: list[ExerciseScore] = []
    cells: list[CellResult] = []
    integrity: list[IntegrityNote] = []
