"""What a run showed, decoded from its frames and put in order.

The frames come from a process that ran student code: whatever does not decode is
left out and noted, and no claim in them is believed beyond "this stood there".
"""

from __future__ import annotations

import msgspec
import torch
from safetensors.torch import load

from grader import wire
from grader.model import CellResult, IntegrityNote

COMPARABLE = frozenset(
    {
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.uint8,
        torch.bool,
    }
)


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a d-name, seen at one moment."""

    order: int
    """Position among all events."""
    name: str
    """As the student spells it; empty where the lifetime tells."""
    target: str | None
    """Canonical target where there is no lifetime to tell."""
    lifetime: int | None
    occurrence: int
    end: bool
    """Seen after its cell or before its next assignment, not when it settled."""
    pass_id: int
    cell: int
    value: wire.Value
    numbers: torch.Tensor | None


class Pass(msgspec.Struct, kw_only=True):
    """One forward pass of the student's."""

    cell: int
    inputs: dict[str, torch.Tensor]
    tensors: dict[str, torch.Tensor] = {}


class Trace(msgspec.Struct, kw_only=True):
    """Everything that a run showed."""

    passes: dict[int, Pass]
    observed: list[Observed]
    reads: dict[tuple[int, str, int], torch.Tensor]
    """Audit run: (reading, variable, pass) → what was read, where it was no probe."""
    probes_read: dict[tuple[int, str, int], str]
    """Audit run: the same → blob key of the untouched probe that was read."""
    bystanders: list[tuple[wire.Candidate, torch.Tensor]]
    cells: list[CellResult]
    outputs: dict[int, wire.CellDone]
    notes: list[str]
    integrity: list[IntegrityNote]


def decode(events: tuple[tuple[wire.Event, bytes], ...]) -> Trace:
    """Decode the events of one run; never raises for what they hold."""
    trace = Trace(
        passes={},
        observed=[],
        reads={},
        probes_read={},
        bystanders=[],
        cells=[],
        outputs={},
        notes=[],
        integrity=[],
    )
    for order, (event, blob) in enumerate(events):
        try:
            tensors = _real(load(blob)) if blob else {}
            _add(trace, order, event, tensors)
        except Exception as error:  # noqa: BLE001 - hostile bytes may fail in any way
            text = f"a result of the run could not be read ({type(error).__name__})"
            trace.integrity.append(IntegrityNote(code="unreadable_result", text=text))
    return trace


def _real(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Those of a type that can be compared."""
    return {name: tensor for name, tensor in tensors.items() if tensor.dtype in COMPARABLE}


def _add(trace: Trace, order: int, event: wire.Event, tensors: dict[str, torch.Tensor]) -> None:
    if isinstance(event, wire.InputsSeen):
        trace.passes.setdefault(event.pass_id, Pass(cell=event.cell, inputs=tensors))
    elif isinstance(event, wire.ForwardSeen):
        if event.pass_id in trace.passes:
            trace.passes[event.pass_id].tensors = tensors
    elif isinstance(event, wire.Settled):
        trace.observed.append(
            Observed(
                order=order,
                name="",
                target=None,
                lifetime=event.lifetime,
                occurrence=event.occurrence,
                end=False,
                pass_id=event.pass_id,
                cell=-1,
                value=event.value,
                numbers=tensors.get(event.value.key or ""),
            )
        )
    elif isinstance(event, wire.Seen):
        trace.observed.append(
            Observed(
                order=order,
                name=event.found_as,
                target=event.name[1:],
                lifetime=event.lifetime,
                occurrence=0,
                end=True,
                pass_id=event.pass_id,
                cell=event.cell,
                value=event.value,
                numbers=tensors.get(event.value.key or ""),
            )
        )
    elif isinstance(event, wire.ReadSeen):
        key = (event.read, event.name, event.pass_id)
        if event.probe is not None:
            trace.probes_read.setdefault(key, event.probe)
        elif event.value is not None and event.value.key in tensors:
            trace.reads.setdefault(key, tensors[event.value.key])
    elif isinstance(event, wire.Candidate):
        if event.value.key in tensors:
            trace.bystanders.append((event, tensors[event.value.key]))
    elif isinstance(event, wire.CellDone):
        _cell(trace, event)


def _cell(trace: Trace, event: wire.CellDone) -> None:
    trace.outputs[event.index] = event
    error = event.error
    if error is not None and event.line is not None:
        error = f"line {event.line}: {error}"
    if error is None and event.soft_errors:
        error = f"went on after {event.soft_errors[0]}"
    trace.cells.append(
        CellResult(
            index=event.index,
            status=event.status,
            error=error,
            seconds=round(event.seconds, 4),
        )
    )
    trace.notes += [note for note in event.notes if note not in trace.notes]
