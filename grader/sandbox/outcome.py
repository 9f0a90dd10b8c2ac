"""What came of a run, and what a sandbox is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

from grader.protocol import Blob, Event, Room, RunRequest
from grader.records.scorecard import Isolation, RunStatus


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """Everything that a run said before it ended, however it ended."""

    status: RunStatus
    events: tuple[tuple[Event, Blob], ...]
    """Frames in the order of arrival, `Started` first. Claims, not facts."""
    isolation: Isolation
    environment: dict[str, str]
    reason: str | None = None
    """One line for a person, unless the run completed."""


class Session(Protocol):
    """One run, or one clean room, which may be asked again."""

    outcome: RunOutcome
    """Of the run, or of the first question."""

    def ask(self, room: Room, blob: bytes = b"") -> RunOutcome:
        """Another question to a clean room; not if the last outcome was no completed one."""

    def close(self) -> None:
        """End every process of the run."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


class Sandbox(Protocol):
    """A place where requests are run, one after the other."""

    def open(self, request: RunRequest, blob: bytes = b"") -> Session:
        """Run one request to its end. Raises `InfrastructureError` if the machine cannot."""

    def run(self, request: RunRequest, blob: bytes = b"") -> RunOutcome:
        """The same for a run of which nothing more is asked."""

    def close(self) -> None:
        """End every process that the sandbox started."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...
