"""What came of a run, and what a sandbox is."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from grader.model import Isolation, RunStatus
from grader.wire import Event, RunRequest


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """Everything that a run said before it ended, however it ended."""

    status: RunStatus
    events: tuple[tuple[Event, bytes], ...]
    """Frames in the order of arrival, `Started` first. Claims, not facts."""
    isolation: Isolation
    environment: dict[str, str]
    reason: str | None = None
    """One line for a person, unless the run completed."""


class Sandbox(Protocol):
    """A place where requests are run, one after the other."""

    def run(self, request: RunRequest, blob: bytes = b"") -> RunOutcome:
        """Run one request to its end. Raises `InfrastructureError` if the machine cannot."""

    def close(self) -> None:
        """End every process that the sandbox started."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
