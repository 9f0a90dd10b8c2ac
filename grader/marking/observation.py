"""What a run showed, decoded from its frames and put in order.

The frames come from a process that ran student code: whatever does not decode is
left out and noted, and no claim in them is believed beyond "this stood there".
"""

from __future__ import annotations

import itertools

import msgspec
import torch

from grader import protocol
from grader.marking.notes import unreadable
from grader.protocol.tensors import unpack
from grader.records.scorecard import CellResult, IntegrityNote

MAX_TABLE = 1 << 16
"""Bytes of a blob's table of tensors: a run sends some thirty at a time."""
MAX_PASSES = 100
MAX_NUMBERS = 1_000
MAX_NOTES = 50
MAX_TEXT = 600
MAX_DIMENSIONS = 64
MAX_OUTPUT = 1 << 20


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
    value: protocol.Value
    numbers: torch.Tensor | None


class Pass(msgspec.Struct, kw_only=True):
    """One forward pass of the student's."""

    cell: int
    inputs: dict[str, torch.Tensor]
    """Student's variable → what it held when the pass began."""
    arrays: frozenset[str] = frozenset()
    """Those that are numpy arrays."""
    numbers: dict[str, int | float] = {}
    """Student's variable → plain number."""
    tensors: dict[str, torch.Tensor] = {}
    """Canonical forward tensor → as the student computed it."""


class Trace(msgspec.Struct, kw_only=True):
    """Everything that a run showed."""

    passes: dict[int, Pass]
    observed: list[Observed]
    cells: list[CellResult]
    outputs: dict[int, protocol.CellDone]
    notes: list[str]
    integrity: list[IntegrityNote]


def decode(events: tuple[tuple[protocol.Event, protocol.Blob], ...]) -> Trace:
    """Decode the events of one run; never raises for what they hold."""
    trace = Trace(
        passes={},
        observed=[],
        cells=[],
        outputs={},
        notes=[],
        integrity=[],
    )
    for order, (event, blob) in enumerate(events):
        try:
            _add(trace, order, event, tensors_of(blob))
        except Exception as error:  # noqa: BLE001 - hostile bytes may fail in any way
            if len(trace.integrity) < MAX_NOTES:
                trace.integrity.append(unreadable(error))
    return trace


def tensors_of(blob: protocol.Blob) -> dict[str, torch.Tensor]:
    """The tensors of a blob, those of a type that can be compared; they share its memory."""
    if int.from_bytes(blob[:8], "little") > MAX_TABLE:
        raise ValueError("too many tensors")
    return unpack(blob)


def bounded(value: protocol.Value) -> protocol.Value:
    """A description of no more words than the harness ever uses."""
    note, dtype, shape = value.note, value.dtype, value.shape
    return msgspec.structs.replace(
        value,
        note=note and note[:MAX_TEXT],
        dtype=dtype and dtype[:MAX_TEXT],
        shape=shape and shape[:MAX_DIMENSIONS],
    )


def _add(trace: Trace, order: int, event: protocol.Event, tensors: dict[str, torch.Tensor]) -> None:
    if isinstance(event, protocol.InputsSeen):
        if event.pass_id not in trace.passes and len(trace.passes) >= MAX_PASSES:
            raise ValueError("too many forward passes")
        during = Pass(
            cell=event.cell,
            inputs=tensors,
            arrays=frozenset(event.arrays),
            numbers=dict(itertools.islice(event.numbers.items(), MAX_NUMBERS)),
        )
        trace.passes.setdefault(event.pass_id, during)
    elif isinstance(event, protocol.ForwardSeen):
        if event.pass_id in trace.passes:
            trace.passes[event.pass_id].tensors = tensors
    elif isinstance(event, protocol.Settled):
        trace.observed.append(_settled(order, event, tensors))
    elif isinstance(event, protocol.Seen):
        trace.observed.append(_seen(order, event, tensors))
    elif isinstance(event, protocol.CellDone):
        _cell(trace, event)


def _settled(order: int, event: protocol.Settled, tensors: dict[str, torch.Tensor]) -> Observed:
    return Observed(
        order=order,
        name="",
        target=None,
        lifetime=event.lifetime,
        occurrence=event.occurrence,
        end=False,
        pass_id=event.pass_id,
        cell=-1,
        value=bounded(event.value),
        numbers=tensors.get(event.value.key or ""),
    )


def _seen(order: int, event: protocol.Seen, tensors: dict[str, torch.Tensor]) -> Observed:
    return Observed(
        order=order,
        name=event.found_as[:MAX_TEXT],
        target=event.name[1:],
        lifetime=event.lifetime,
        occurrence=0,
        end=True,
        pass_id=event.pass_id,
        cell=event.cell,
        value=bounded(event.value),
        numbers=tensors.get(event.value.key or ""),
    )


def _cell(trace: Trace, event: protocol.CellDone) -> None:
    trace.outputs[event.index] = msgspec.structs.replace(
        event,
        output=event.output[:MAX_OUTPUT],
        shown=event.shown and event.shown[:MAX_OUTPUT],
        error=event.error and event.error[:MAX_TEXT],
        soft_errors=[error[:MAX_TEXT] for error in event.soft_errors[:MAX_NOTES]],
    )
    error = event.error
    if error is not None and event.line is not None:
        error = f"line {event.line}: {error}"
    if error is None and event.soft_errors:
        error = f"went on after {event.soft_errors[0]}"
    trace.cells.append(
        CellResult(
            index=event.index,
            status=event.status,
            error=error and error[:MAX_TEXT],
            seconds=round(event.seconds, 4),
        )
    )
    new = (note[:MAX_TEXT] for note in event.notes if note not in trace.notes)
    trace.notes += itertools.islice(new, max(0, MAX_NOTES - len(trace.notes)))
