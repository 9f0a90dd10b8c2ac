"""What the recorder saw, sent off as frames; each forward pass goes before what refers to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch
from msgspec.structs import replace

from grader.protocol import (
    TOO_LARGE,
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
        self._left = request.limits.results_mb << 20
        """Bytes that may still be sent."""
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
            self._settled(message, copy, during)

    def flush(self) -> None:
        """Send what loops left."""
        for message, copy, during in self._pending.values():
            self._settled(message, copy, during)
        self._pending.clear()

    def _settled(self, message: Settled, copy: torch.Tensor | None, during: OpenPass) -> None:
        self.forward_pass(during)
        sent = self._within({} if copy is None else {"value": copy})
        if copy is not None and not sent:
            message = replace(message, value=_too_large(message.value))
        self.send(message, pack(sent) if sent else b"")

    def seen(
        self, name: str, value: Any, lifetime: int | None, where: Where, during: OpenPass
    ) -> torch.Tensor | None:
        """A value that no visible statement wrote; gives the copy that was sent."""
        described, copy = self.copy(value)
        self.forward_pass(during)
        sent = self._within({} if copy is None else {"value": copy})
        message = Seen(
            name=self.request.gradients.get(name, name),
            found_as=name,
            lifetime=lifetime,
            where=where,
            cell=self.cell,
            pass_id=during.number,
            value=_too_large(described) if copy is not None and not sent else described,
        )
        self.send(message, pack(sent) if sent else b"")
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
        self.send(seen, pack(self._within(during.inputs)))
        forward = ForwardSeen(pass_id=during.number, cell=self.cell)
        self.send(forward, pack(self._within(tensors)))

    def _within(self, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Those that may still be sent."""
        sent = {}
        for name, tensor in tensors.items():
            if (size := tensor.numel() * tensor.itemsize) <= self._left:
                self._left -= size
                sent[name] = tensor
        return sent


def _too_large(value: Value) -> Value:
    return replace(value, kind="other", key=None, note=TOO_LARGE)
