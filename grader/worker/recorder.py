"""The harness inside the run: sees gradients settle and sends them off at once.

Its methods are called by the hooks that `instrument` inserts. It judges nothing: it
copies values and says when they were seen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from safetensors.torch import load, save

from grader.wire import (
    ForwardSeen,
    InputsSeen,
    Message,
    ReadSeen,
    RunRequest,
    Seen,
    Settled,
    Value,
)
from grader.worker.audit import AuditRun
from grader.worker.phases import Asked
from grader.worker.snapshot import snapshot

Send = Callable[[Message, bytes], None]
Part = Callable[[], "Asked | None"]
MAX_SOFT_ERRORS = 20
AUDITED = 2
"""Iterations of a training loop that an audit run goes through."""
MAX_SHOWN = 20_000
_equal = torch.equal


class Pass:
    """One forward pass: its leaves, copied at its start, and its tensors."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.inputs: dict[str, torch.Tensor] = {}
        self.tensors: dict[str, Any] = {}
        self.sent = False


class Mark:
    """What a d-name held when it was last reported."""

    def __init__(self, value: Any, copy: torch.Tensor | None, lifetime: int | None) -> None:
        self.value = value
        self.copy = copy
        self.lifetime = lifetime


class UnboundError(NameError):
    """A d-name that has no value and gets no probe."""


class Recorder:
    """Collects what one run shows, in the order in which it happens."""

    unbound = UnboundError

    def __init__(
        self, request: RunRequest, send: Send, namespace: dict[str, Any], part: Part
    ) -> None:
        self.request = request
        self.send = send
        self.namespace = namespace
        self._part = part
        self.audit: AuditRun | None = None
        self.cell = 0
        self.settled = 0
        self.current = Pass(-1)
        self.occurrences: dict[int, int] = {}
        self.pending: dict[int, tuple[Settled, torch.Tensor | None, Pass]] = {}
        self.marks: dict[str, Mark] = {}
        self.begun: dict[str, int] = {}
        self.iterations: dict[int, int] = {}
        self.read_before: set[tuple[int, str, int]] = set()
        self.soft_errors: list[str] = []
        self.shown: str | None = None
        self.spellings: dict[str, list[str]] = {}
        for name, canonical in request.inputs.items():
            self.spellings.setdefault(canonical, []).append(name)

    # ---- called by hooks -------------------------------------------------------------------

    def part(self, _: int = 0) -> None:
        """Before the first forward pass or use of the engine."""
        asked = self._part()
        if asked is not None:
            self.audit = AuditRun(asked.audit, load(asked.blob) if asked.blob else {})
            self.audit.begin(self.namespace)

    def pass_(self, _: int, names: Sequence[str], local: Mapping[str, Any]) -> None:
        """Before a statement that computes forward tensors from inputs alone."""
        self.part()
        done = self.current.tensors
        again = any(self._tensor(name) in done for name in names)
        if self.current.number < 0 or self.request.loss in done or again:
            self.current = Pass(self.current.number + 1)
            if self.audit is not None:
                self.audit.jitter(self._parameters(local))
        self._capture(self.current, local)

    def forward(self, _: int, names: Sequence[str], local: Mapping[str, Any]) -> None:
        """After a statement that assigns forward tensors."""
        if self.current.number < 0:
            self.current = Pass(0)
        self._capture(self.current, local)
        for name in names:
            if name in local:
                self.current.tensors[self._tensor(name)] = local[name]

    def fresh(self, lifetime: int, names: Sequence[str]) -> None:
        """Before a fresh assignment: the end of the lifetime that the name had."""
        self.part()
        self._changed(names[0], "fresh")
        self.begun[names[0]] = lifetime

    def read(self, reading: int, names: Sequence[str], local: Mapping[str, Any]) -> None:
        """Before a statement that reads gradients: in the audit run, what it reads."""
        if self.audit is None:
            return
        for name in names:
            key = (reading, name, self.current.number)
            if key in self.read_before:
                continue
            self.read_before.add(key)
            value = self._value(name, local)
            if value is not None:
                self._send_read(reading, name, value, self.audit)

    def settle(self, lifetime: int, name: str, local: Mapping[str, Any]) -> Any:
        """After the last visible write of a lifetime; gives what the name is to hold."""
        value = local[name] if name in local else self.namespace.get(name, self)
        occurrence = self.occurrences.get(lifetime, 0)
        self.occurrences[lifetime] = occurrence + 1
        probe = self.audit.probe(lifetime, occurrence) if self.audit is not None else None
        if value is not self:
            self._settled(lifetime, occurrence, name, value)
        if probe is not None:
            self.marks[name] = Mark(probe, self._snapshot(probe)[1], lifetime)
            return probe
        if value is self:
            raise UnboundError(name)
        return value

    def leave(self, loop: int, iterations: int) -> bool:
        """Whether a loop that derives gradients has run long enough."""
        allowed = iterations if self.audit is None else AUDITED
        self.iterations[loop] = self.iterations.get(loop, 0) + 1
        if self.iterations[loop] <= allowed:
            return False
        self.iterations[loop] = 0
        return True

    def limit(self, value: Any, greatest: int) -> Any:
        """A loop parameter, lowered to what the assignment allows."""
        return min(value, greatest) if type(value) is int else value

    def raised(self) -> None:
        """A bare expression raised; the cell goes on."""
        error = sys.exc_info()[1]
        if error is not None and len(self.soft_errors) < MAX_SOFT_ERRORS:
            self.soft_errors.append(explain(error))

    def skip(self) -> bool:
        """A statement raised: whether the cell goes on all the same."""
        if self.audit is not None:
            self.raised()
        return self.audit is not None

    def show(self, value: Any) -> None:
        """The last expression of a cell, as Jupyter shows it."""
        if value is not None:
            self.shown = repr(value)[:MAX_SHOWN]

    # ---- called by the run -----------------------------------------------------------------

    def end_cell(self) -> None:
        """Send what loops left pending, and d-names that changed without a visible write."""
        for message, copy, number in self.pending.values():
            self._send_settled(message, copy, number)
        self.pending.clear()
        for name in self.request.gradients:
            if self.namespace.get(name) is not None:
                self._changed(name, "cell")

    def announce(self, values: Mapping[str, Any]) -> None:
        """A forward pass that the trusted side computed, for an entry function."""
        self.current = Pass(self.current.number + 1)
        self._capture(self.current, values)
        self._send_pass(self.current)

    def returned(self, name: str, value: Any) -> None:
        """A gradient that an entry function handed back."""
        self._send_seen(name, value, None, "returned")

    # ---- inside ----------------------------------------------------------------------------

    def _snapshot(self, value: Any) -> tuple[Value, torch.Tensor | None]:
        return snapshot(value, limit=self.request.limits.tensor_elements)

    def _value(self, name: str, local: Mapping[str, Any]) -> Any:
        """What a reading statement is about to read: `dh`, or `h.grad`."""
        base, _, attribute = name.partition(".")
        value = local[base] if base in local else self.namespace.get(base)
        if not attribute:
            return value
        return value.grad if isinstance(value, torch.Tensor) else None

    def _parameters(self, local: Mapping[str, Any]) -> list[torch.Tensor]:
        """The student's parameters, as far as they exist by now."""
        found: dict[int, torch.Tensor] = {}
        for canonical in self.request.parameters:
            for name in self.spellings.get(canonical, ()):
                value = local[name] if name in local else self.namespace.get(name)
                plain = type(value) in {torch.Tensor, torch.nn.Parameter}
                if isinstance(value, torch.Tensor) and plain and value.is_floating_point():
                    found[id(value)] = value
                    break
        return list(found.values())

    def _send_read(self, reading: int, name: str, value: Any, audit: AuditRun) -> None:
        number = self.current.number
        probe = audit.name_of(value)
        if probe is not None:
            self.send(ReadSeen(read=reading, name=name, pass_id=number, probe=probe), b"")
            return
        described, copy = self._snapshot(value)
        described = _keyed(described, copy)
        self.send(ReadSeen(read=reading, name=name, pass_id=number, value=described), _blob(copy))

    def _settled(self, lifetime: int, occurrence: int, name: str, value: Any) -> None:
        described, copy = self._snapshot(value)
        self.settled += 1
        self.marks[name] = Mark(value, copy, lifetime)
        message = Settled(
            lifetime=lifetime,
            occurrence=occurrence,
            pass_id=self.current.number,
            value=_keyed(described, copy),
        )
        if occurrence >= AUDITED:
            self.pending[lifetime] = (message, copy, self.current)  # the last one is kept
        else:
            self._send_settled(message, copy, self.current)

    def _tensor(self, name: str) -> str:
        return self.request.forward.get(name, name)

    def _capture(self, current: Pass, local: Mapping[str, Any]) -> None:
        for canonical, names in self.spellings.items():
            if canonical in current.inputs:
                continue
            for name in names:
                value = local[name] if name in local else self.namespace.get(name)
                if value is None:
                    continue
                _, copy = self._snapshot(value)
                if copy is not None:
                    current.inputs[canonical] = copy
                    break

    def _changed(self, name: str, where: str) -> None:
        """Report a d-name whose object is another, or was changed in place, since last seen."""
        mark = self.marks.get(name)
        value = mark.value if where == "fresh" and mark else self.namespace.get(name)
        if value is None:
            return
        if mark is not None and value is mark.value:
            # Not by its count of changes: what is written through `.data` is not counted.
            _, copy = self._snapshot(value)
            if copy is not None and mark.copy is not None and _same(copy, mark.copy):
                return
        lifetime = mark.lifetime if where == "fresh" and mark else self.begun.get(name)
        self._send_seen(name, value, lifetime, where)

    def _send_seen(self, name: str, value: Any, lifetime: int | None, where: Any) -> None:
        described, copy = self._snapshot(value)
        self.marks[name] = Mark(value, copy, lifetime)
        self._send_pass(self.current)
        self.send(
            Seen(
                name=self.request.gradients.get(name, name),
                found_as=name,
                lifetime=lifetime,
                where=where,
                cell=self.cell,
                pass_id=self.current.number,
                value=_keyed(described, copy),
            ),
            _blob(copy),
        )

    def _send_settled(self, message: Settled, copy: torch.Tensor | None, number: Pass) -> None:
        self._send_pass(number)
        self.send(message, _blob(copy))

    def _send_pass(self, current: Pass) -> None:
        if current.sent or current.number < 0:
            return
        current.sent = True
        limit = self.request.limits.tensor_elements
        copies = {name: snapshot(t, limit=limit)[1] for name, t in current.tensors.items()}
        tensors = {name: copy for name, copy in copies.items() if copy is not None}
        self.send(InputsSeen(pass_id=current.number, cell=self.cell), save(current.inputs))
        self.send(ForwardSeen(pass_id=current.number, cell=self.cell), save(tensors))


def explain(error: BaseException) -> str:
    """Type and message of an exception, at most 500 characters; never raises."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the student's own exception may do anything
        text = "(no message)"
    return f"{type(error).__name__}: {text}"[:500]


def _keyed(value: Value, copy: torch.Tensor | None) -> Value:
    if copy is None:
        return value
    return Value(kind=value.kind, key="value", dtype=value.dtype, shape=value.shape)


def _blob(copy: torch.Tensor | None) -> bytes:
    return b"" if copy is None else save({"value": copy})


def _same(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and _equal(a, b)
