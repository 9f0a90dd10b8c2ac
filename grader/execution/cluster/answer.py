"""What a Dask worker answers: a scorecard, or why it grades nothing at all."""

from __future__ import annotations

from typing import Literal, Self

import msgspec

from grader.errors import (
    AssignmentError,
    ClusterError,
    GraderError,
    UnsafeError,
    UsageError,
)
from grader.records.result import Result
from grader.report.visible_text import storable

Kind = Literal["usage", "assignment", "unsafe", "infrastructure"]
_ERRORS: dict[Kind, type[GraderError]] = {
    "usage": UsageError,
    "assignment": AssignmentError,
    "unsafe": UnsafeError,
    "infrastructure": ClusterError,
}


class Refusal(msgspec.Struct, frozen=True):
    """One line for the instructor; the worker would say it of every submission."""

    kind: Kind
    text: str

    @classmethod
    def of(cls, error: Exception, text: str) -> Self:
        """The refusal that `error` amounts to, in these words."""
        kinds = (kind for kind, known in _ERRORS.items() if isinstance(error, known))
        return cls(next(kinds, "infrastructure"), text)

    def error(self) -> GraderError:
        """The exception to be raised on the client."""
        return _ERRORS[self.kind](self.text)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Either of both."""

    marked: Result | None = None
    refusal: Refusal | None = None

    def encode(self) -> bytes:
        """As MessagePack: unlike JSON it keeps NaN."""
        return msgspec.msgpack.encode(storable(self))

    @staticmethod
    def decode(content: object, submission: str) -> Answer:
        """Raises ValueError for anything but an answer about `submission`."""
        if not isinstance(content, bytes):
            raise ValueError("it is no bytes")  # noqa: TRY004 - what came is at fault
        answer = msgspec.msgpack.decode(content, type=Answer)  # its errors are ValueErrors
        if answer.marked is not None and answer.marked.card.id != submission:
            raise ValueError(f"it is about {answer.marked.card.id!r}")
        if answer.marked is None and answer.refusal is None:
            raise ValueError("it is empty")
        return answer
