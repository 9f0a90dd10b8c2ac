"""What the recorder saw, sent off as frames; each forward pass goes before what refers to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import torch

from grader.protocol import (
    ForwardSeen,
    InputsSeen,
    Message,
    RunRequest,
    Seen,
    Settled,
    Value,
)
from grader.protocol.tensors import pack
from grader.worker.forward_pass import OpenPass
from grader.worker.snapshot import snapshot

Send = Callable[[Message, bytes], None]
Where = Literal["cell", "fresh", "returned"]


class Reporter:
    """Turns values into frames."""

    def __init__(self, request: RunRequest, send: Send) -> None:
        self.request = request
        self.send = send
        self.cell = 0
        self._pending: dict[int, tuple[Settled, torch.Tensor | None, OpenPass]] = {}

    def copy(self, value: Any) -> tuple[Value, torch.Tensor | None]:
        """A value described, and its numbers."""
        described, copy = snapshot(value, limit=self.request.limits.tensor_elements)
        if copy is not None:
            described = Value(
                kind=described.kind, key="value", dtype=described.dtype, shape=described.shape
            )
        return described, copy

    def settled(
        self, message: Settled, copy: torch.Tensor | None, during: OpenPass, *, keep: bool
    ) -> None:
        """A settled value: sent at once, or kept so that only the last of a loop is."""
        if keep:
            self._pending[message.lifetime] = (message, copy, during)
        else:
            self.forward_pass(during)
            self.send(message, _blob(copy))

    def flush(self) -> None:
        """Send what loops left."""
        for message, copy, during in self._pending.values():
            self.forward_pass(during)
            self.send(message, _blob(copy))
        self._pending.clear()

    def seen(
        self, name: str, value: Any, lifetime: int | None, where: Where, during: OpenPass
    ) -> torch.Tensor | None:
        """A value that no visible statement wrote; gives the copy that was sent."""
        described, copy = self.copy(value)
        self.forward_pass(during)
        message = Seen(
            name=self.request.gradients.get(name, name),
            found_as=name,
            lifetime=lifetime,
            where=where,
            cell=self.cell,
            pass_id=during.number,
            value=described,
        )
        self.send(message, _blob(copy))
        return copy

    def forward_pass(self, during: OpenPass) -> None:
        """Leaves and tensors of a pass, once."""
        if during.sent or during.number < 0:
            return
        during.sent = True
        copies = {name: self.copy(tensor)[1] for name, tensor in during.tensors.items()}
        tensors = {name: copy for name, copy in copies.items() if copy is not None}
        seen = InputsSeen(
            pass_id=during.number,
            cell=self.cell,
            arrays=sorted(during.arrays),
            numbers=during.numbers,
        )
        self.send(seen, pack(during.inputs))
        self.send(ForwardSeen(pass_id=during.number, cell=self.cell), pack(tensors))


def _blob(copy: torch.Tensor | None) -> bytes:
    return b"" if copy is None else pack({"value": copy})
