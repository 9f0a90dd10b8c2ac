"""One exercise's calls, in a process of their own."""

from __future__ import annotations

import functools
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from grader import protocol
from grader.protocol import Call, CalledExercise, Returned, Value, unpacked
from grader.worker.arrays import Array, described, pack
from grader.worker.differences import slopes
from grader.worker.edited import EditedFunctions
from grader.worker.errors import explain
from grader.worker.patience import within
from grader.worker.recorded import Recorded
from grader.worker.watching import watched

if TYPE_CHECKING:
    from grader.worker.calls import CallRun

HARNESS = "<exercise>"
MEMORY_SHARE = 0.6
"""Of a run's memory that one exercise may take."""
PORTION = 1 << 14
"""Bytes of the answers of many short calls, which are sent together."""
_clock, _used = time.perf_counter, time.process_time
_write = os.write


class Callee:
    """Calls the harness's functions over the student's names, and writes what came of it."""

    def __init__(self, run: CallRun, number: int, exercise: CalledExercise, writing: int) -> None:
        self._run = run
        self._number = number
        self._exercise = exercise
        self._writing = writing
        self._forwards = 0
        self._names: dict[str, Any] = {}
        self._edited = EditedFunctions(exercise.editable, self._held)

    def go(self) -> None:
        """Every call, one after the other."""
        os.setpgid(0, 0)
        _limit_memory(self._run.request.limits.memory_mb)
        for name, source in self._exercise.references.items():
            self._refer(name, self._harness(source))
        for name in self._exercise.counted:
            self._count(name)
        self._names = self._harness(self._exercise.source)
        if self._exercise.editable:
            warnings.simplefilter("ignore")  # edits make much that is odd, in this fork alone
        budget, begun, held = self._exercise.budget, _used(), bytearray()
        for number, call in enumerate(self._exercise.calls):
            if budget is not None and _used() - begun > budget:
                break
            message, blob = self._called(number, call)
            held += protocol.encode(message, blob)
            if budget is None or len(held) > PORTION:
                _send(self._writing, held)
                held.clear()
        _send(self._writing, held)

    def _harness(self, source: str) -> dict[str, Any]:
        """The harness's functions, with the student's names below their own."""
        names = dict(self._run.namespace)
        exec(compile(source, HARNESS, "exec", dont_inherit=True), names)  # noqa: S102
        return names

    def _called(self, number: int, call: Call) -> tuple[Returned, bytes]:
        clock = _used if self._exercise.budget is not None else _clock
        begun = clock()
        self._forwards, before = 0, _engine_runs()
        base = Returned(exercise=self._number, call=number)
        try:
            with within(patience) if (patience := self._exercise.patience) else nullcontext():
                values, arrays = self._values(call)
            blob = pack(arrays)
        except BaseException as error:  # noqa: BLE001 - a student may raise anything
            values, blob = {}, b""
            base = _raised(base, error)
        return (
            replace(
                base,
                values=values,
                forwards=self._forwards,
                engine=_engine_runs() - before,
                seconds=clock() - begun,
            ),
            blob,
        )

    def _values(self, call: Call) -> tuple[dict[str, Value], dict[str, Array]]:
        if call.watched is not None:
            code = self._edited.function(call.watched).__code__
            return watched(code, lambda: self._found(call)), {}
        values: dict[str, Value] = {}
        arrays: dict[str, Array] = {}
        with self._edited.with_edits(call.edits):
            result = self._found(call)
        for name, found in result.items():
            value, array = described(found, self._run.request.limits.tensor_elements)
            if array is not None:
                value = Value(kind=value.kind, key=name, dtype=value.dtype, shape=value.shape)
                arrays[name] = array
            values[name] = value
        return values, arrays

    def _found(self, call: Call) -> Mapping[str, Any]:
        if call.role == "differences":
            directions, given = (
                self._held_arrays(call.directions),
                self._held_arrays(call.cotangents),
            )
            own = self._names["own_forward"]
            return slopes(own, lambda: self._arguments(call), directions, given)
        result = self._names[call.role](**self._arguments(call))
        if call.role == "own_forward":
            return result if isinstance(result, dict) else {"": result}
        return {name: result.get(name) for name in call.targets}

    def _arguments(self, call: Call) -> dict[str, Any]:
        """Copies, made anew for each call."""
        fetch = self._tensor if self._run.calls.engine else self._array
        return {name: unpacked(tree, fetch) for name, tree in call.arguments.items()}

    def _held_arrays(self, keys: Mapping[str, str]) -> dict[str, Array]:
        return {name: self._run.arrays[key] for name, key in keys.items()}

    def _array(self, key: str) -> Any:
        return self._run.arrays[key].copy()

    def _tensor(self, key: str) -> Any:
        import torch

        return torch.from_numpy(self._run.arrays[key].copy())

    # ---- the student's functions ------------------------------------------------------------

    def _refer(self, path: str, harness: dict[str, Any]) -> None:
        """Put a reference where the student's function stands. Where the student made up the
        cache, the forward function's calls are remembered.
        """
        reference, records = harness["reference"], harness.get("records")
        if records is None:
            self._put(path, reference)
            return
        forward, backward = self._held(records), self._held(path)
        if callable(forward) and callable(backward):
            recorded = Recorded(reference)
            self._put(records, recorded.forward(forward))
            self._put(path, recorded.backward(backward))

    def _put(self, path: str, function: Callable[..., Any]) -> None:
        """Put a function where the student's stands; a method of a class where that is one."""
        owner, _, name = path.rpartition(".")
        if not owner:
            self._run.namespace[name] = function
        elif owner in self._run.namespace:
            held = vars(self._run.namespace[owner]).get(name)
            static = isinstance(held, staticmethod)
            setattr(
                self._run.namespace[owner], name, staticmethod(function) if static else function
            )

    def _held(self, path: str) -> Any:
        """The student's function of this name, or nothing."""
        owner, _, name = path.rpartition(".")
        names = self._run.namespace
        holder = names if not owner else vars(names[owner]) if _is_class(names.get(owner)) else {}
        held = holder.get(name)
        return held.__func__ if isinstance(held, staticmethod) else held

    def _count(self, path: str) -> None:
        function = self._held(path)
        if callable(function) and not isinstance(function, type | classmethod):
            self._put(path, self._counting(function))

    def _counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def counting(*arguments: Any, **named: Any) -> Any:
            self._forwards += 1
            return function(*arguments, **named)

        return counting


def _engine_runs() -> int:
    watched: Any = sys.modules.get("grader.worker.engine_watch")
    return watched.runs[0] if watched is not None else 0


def _is_class(value: Any) -> bool:
    return isinstance(value, type)


def _raised(base: Returned, error: BaseException) -> Returned:
    """What is to be said of an exception: the student's, or the harness's over a result."""
    own, harness = _lines(error.__traceback__)
    text = explain(error)
    if own is None:
        return replace(base, kind="harness", error=text, line=harness)
    cell, line = own
    return replace(base, kind="raised", error=text, line=line, cell=cell)


def _lines(trace: TracebackType | None) -> tuple[tuple[int | None, int | None] | None, int | None]:
    """Cell and line of the student's innermost frame, (None, None) in a file beside; and the
    harness's last line.
    """
    own: tuple[int | None, int | None] | None = None
    harness = None
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.startswith("<cell "):
            own = int(name[6:-1]), trace.tb_lineno
        elif name == HARNESS:
            harness, own = trace.tb_lineno, None
        elif own is None and name.startswith(os.getcwd()):  # noqa: PTH109
            own = None, None
        trace = trace.tb_next
    return own, harness


def _limit_memory(megabytes: int) -> None:
    """Less than the whole run may have, so that what takes too much raises MemoryError here."""
    try:
        import resource
    except ImportError:  # not on this system
        return
    allowed, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if allowed > 0:
        less = allowed - int((2 - MEMORY_SHARE) * (megabytes << 20))
        resource.setrlimit(resource.RLIMIT_DATA, (max(less, 64 << 20), hard))


def _send(descriptor: int, frames: bytearray) -> None:
    left = memoryview(bytes(frames))
    while left:
        left = left[_write(descriptor, left) :]
