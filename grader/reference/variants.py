"""Forward scripts that differ from the assignment's in one place.

A wrong step is often the right step of another network: one whose softmax goes along another
dimension, whose carry stands still, whose kernel is flipped. Every statement's value is put back to
what it was, so that only its derivative is another one, and the student's other lines still fit.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import msgspec
import torch

from grader.assignment.forward import ForwardScript
from grader.reference.changes import KINDS, Change, ForwardLine, changes
from grader.reference.script import ForwardRun
from grader.reference.vjp import CutNetwork

MAX_VARIANTS = 200
"""That are tried of one step: each is a run of the script."""
MAX_TRIED = 800
"""On one network: what is wrong at the end of a long way is wrong in many gradients."""
AT, INSTEAD, SHIFTED, STOPPED = "_at", "_instead", "_shifted", "_stopped"


class Variant(msgspec.Struct, frozen=True):
    """A change, and the gradient that it makes of a target."""

    change: Change
    expected: torch.Tensor


class _Changed(NamedTuple):
    """A change of one statement, and the statement whose value may move with it."""

    change: Change
    number: int
    value: ast.expr
    free: int


class Variants:
    """The variants of a script on one network."""

    def __init__(
        self, script: ForwardScript, leaves: Mapping[str, Any], parameters: Collection[str]
    ) -> None:
        self._script = script
        self._leaves = leaves
        self._parameters = parameters
        tree = ast.parse(script.source, script.path)
        self._statements = list(_statements(tree))
        # Copied once, and then changed in place for every variant: copying is slower than running.
        self._tree = deepcopy(tree)
        self._watched = [place.statement for place in _statements(self._tree)]
        for number, statement in enumerate(self._watched):
            self._watch(number, statement.value)
        self._values: dict[int, list[Any]] = {}
        self._reached: dict[int, int] = {}
        self._free = -1
        self._tried = 0
        self._runs: dict[_Changed, ForwardRun | None] = {}
        self._base = self._run(recording=True)

    def of(
        self, target: str, given: Mapping[str, torch.Tensor], loss: str, between: Collection[str]
    ) -> Iterator[Variant]:
        """What `target` would get for these cotangents, change by change, the likeliest first.

        between: forward tensors on the way from it to where they flow in.
        """
        elsewhere = set(self._script.tensors) - set(between)
        elsewhere |= {target} - self._repeated
        likely = (each for each in self._changes if not self._names(each) & elsewhere)
        for each in islice(likely, min(MAX_VARIANTS, MAX_TRIED - self._tried)):
            self._tried += 1
            run = self._run_of(each)
            if run is not None:
                with suppress(RuntimeError, LookupError):  # it does not flow there any more
                    expected = CutNetwork(run, given, loss).expected(target, given)
                    yield Variant(each.change, expected.detach())

    @cached_property
    def _changes(self) -> list[_Changed]:
        found = [
            _Changed(change, number, value, free)
            for number, place in enumerate(self._statements)
            for change, value in changes(
                place, self._shapes, self._repeated, frozenset(self._script.tensors)
            )
            for free in ((-1, number) if change.kind == "step" else (-1,))
        ]
        return sorted(found, key=lambda each: KINDS.index(each.change.kind))

    def _names(self, changed: _Changed) -> frozenset[str]:
        return self._statements[changed.number].names

    def _run_of(self, changed: _Changed) -> ForwardRun | None:
        """The script with a change; None where that does not run."""
        if changed not in self._runs:
            kept = self._watched[changed.number].value
            self._watch(changed.number, changed.value)
            try:
                self._runs[changed] = self._run(free=changed.free)
            except Exception:  # noqa: BLE001 - most changes do not fit the shapes
                self._runs[changed] = None
            finally:
                self._watched[changed.number].value = kept
        return self._runs[changed]

    def _watch(self, number: int, value: ast.expr) -> None:
        """Have a statement assign this, by way of `AT`."""
        statement = self._watched[number]
        statement.value = _call(AT, ast.Constant(number), value)
        ast.fix_missing_locations(statement)

    def _run(self, *, recording: bool = False, free: int = -1) -> ForwardRun:
        code = compile(self._tree, self._script.path, "exec", dont_inherit=True)
        self._reached, self._free = {}, free
        helpers = {
            AT: self._record if recording else self._restored,
            INSTEAD: _valued,
            SHIFTED: self._shifted,
            STOPPED: self._stopped,
        }
        return ForwardRun(code, {**self._leaves, **helpers}, self._parameters)

    def _record(self, number: int, value: Any) -> Any:
        kept = list(value) if isinstance(value, list) else value  # it may grow later
        self._values.setdefault(number, []).append(kept)
        return value

    def _restored(self, number: int, value: Any) -> Any:
        """A statement's value as it was, with the derivative of what it is now."""
        time = self._reached.get(number, 0)
        self._reached[number] = time + 1
        return value if number == self._free else _restored(value, self._values[number][time])

    def _shifted(self, name: str, value: torch.Tensor, by: int) -> torch.Tensor:
        """What a name that a loop binds held so many steps later."""
        held = self._base.scope.versions[name]
        now = next(k for k, each in enumerate(held) if torch.equal(each, value))
        if not 0 <= now + by < len(held):
            return value
        return held[now + by].detach()

    def _stopped(self, name: str, value: torch.Tensor) -> torch.Tensor:
        """What a loop hands on, without a way back; what it began with has one."""
        began = torch.equal(value, self._base.scope.versions[name][0])
        return value if began else value.detach()

    @cached_property
    def _shapes(self) -> dict[str, torch.Size]:
        names = {**self._base.inputs, **self._base.scope}
        return {
            name: value.shape
            for name, value in names.items()
            if isinstance(value, torch.Tensor) and value.is_floating_point()
        }

    @cached_property
    def _repeated(self) -> frozenset[str]:
        return frozenset(n for n in self._base.scope.versions if self._base.repeated(n))


def _statements(tree: ast.Module) -> Iterator[ForwardLine]:
    """Assignments in their order, each with the names that its loop has handed on to it."""

    def within(body: list[ast.stmt], looped: frozenset[str]) -> Iterator[ForwardLine]:
        bound: set[str] = set()
        for node in body:
            if isinstance(node, ast.Assign):
                yield ForwardLine(node, _stored([node]), looped - bound)
            inner = looped - bound
            if isinstance(node, ast.For | ast.While):
                inner = _stored(node.body)
            for field in ("body", "orelse"):
                yield from within(getattr(node, field, []), inner)
            bound |= _stored([node])

    yield from within(tree.body, frozenset())


def _stored(nodes: Iterable[ast.stmt]) -> frozenset[str]:
    return frozenset(
        part.id
        for node in nodes
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    )


def _restored(value: Any, before: Any) -> Any:
    if isinstance(value, tuple | list) and isinstance(before, tuple | list):
        return type(value)(_restored(a, b) for a, b in zip(value, before, strict=True))
    if not isinstance(value, torch.Tensor) or not value.is_floating_point():
        return before if isinstance(before, torch.Tensor) else value
    if value.shape != before.shape:
        raise ValueError("another shape")
    return _valued(value, before)


def _valued(value: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The other one's numbers with the derivative of this one."""
    other = other.detach()
    if other.shape != value.shape:
        other = other.expand(value.shape)
    both = torch.isfinite(value) & torch.isfinite(other)
    difference = torch.where(both, other - value.detach(), torch.zeros(()))
    return torch.where(both, value + difference, other)


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])
