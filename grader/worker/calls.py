"""Exercises of functions: a submission's definitions, then calls of them, each exercise in a fork.

    this process: imports, functions, classes
       ├─ fork ─► exercise 1: call, call, call ──pipe──┐
       ├─ fork ─► exercise 2: …                        ├─► whole frames, in turn ─► channel
       └─ …                                            ┘

One exercise that never ends, eats memory or changes what others use harms only itself.
"""

from __future__ import annotations

import ast
import os
import time
from typing import Any, NoReturn

from grader.protocol import CalledExercise, Calls, CellCode, CellDone, Done, Returned, RunRequest
from grader.worker import capture, former, sources, stage
from grader.worker.arrays import unpack
from grader.worker.callee import Callee
from grader.worker.channel import Channel
from grader.worker.errors import explain, filename, line_of
from grader.worker.forking import fork
from grader.worker.patience import within
from grader.worker.relay import Relay
from grader.worker.stand_in import stand_in

DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
MORE = 1.0
"""CPU seconds that an exercise has beyond its budget to say what it found by then."""
_clock = time.perf_counter
_exit, _pipe, _close = os._exit, os.pipe, os.close


class CallRun:
    """Runs definitions and calls what they define."""

    def __init__(self, request: RunRequest, calls: Calls, blob: bytes, channel: Channel) -> None:
        self.request = request
        self.calls = calls
        self.arrays = unpack(blob)
        self.channel = channel
        self.namespace: dict[str, Any] = {}
        self._lacking: dict[str, ImportError] = {}
        """Names that an import did not bring."""

    def prepare(self) -> None:
        """Set the stage; no code of the student's runs yet."""
        capture.install(self.request.limits.output_kb)
        self.namespace = stage.prepare(self.request, self.calls.package)
        if self.calls.former:
            self.namespace.update(former.names(self.calls.former))

    def go(self) -> None:
        """Definitions, then calls; each reported when it is done."""
        sources.show(self.request.cells)
        for cell in self.request.cells:
            self.channel.send(self._cell(cell))
        for number, exercise in enumerate(self.calls.exercises):
            self._called(number, exercise)
        self.channel.send(Done())

    def _cell(self, cell: CellCode) -> CellDone:
        """Run a cell statement by statement: one that fails takes no definition along."""
        if cell.skip is not None:
            return CellDone(index=cell.index, status="error", error=cell.skip)
        begun, name = _clock(), filename(cell.index)
        errors: list[tuple[str, int | None]] = []
        try:
            tree = ast.parse(cell.source, name)
            if self.calls.former:
                tree = former.rewritten(tree, self.calls.former)
            statements = tree.body
        except Exception as error:  # noqa: BLE001 - it was parsed before, by the trusted side
            statements, errors = [], [(explain(error), line_of(error, name))]
        for statement in statements:
            try:
                self._statement(statement, name)
            except BaseException as error:  # noqa: BLE001 - a student may raise anything
                errors.append((explain(error), line_of(error, name)))
                if isinstance(error, ImportError):
                    self._lacking |= dict.fromkeys(imported(statement), error)
        return CellDone(
            index=cell.index,
            status="error" if errors else "ok",
            error=errors[0][0] if errors else None,
            line=errors[0][1] if errors else None,
            seconds=_clock() - begun,
            soft_errors=[text for text, _ in errors[1:20]],
        )

    def _statement(self, statement: ast.stmt, name: str) -> None:
        """A definition is made without a base or a decorator that could not be imported."""
        code = compile(ast.Module([statement], []), name, "exec", dont_inherit=True)
        lent: set[str] = set()
        try:
            while True:
                try:
                    with within(self.calls.seconds):
                        exec(code, self.namespace)  # noqa: S102
                except NameError as error:
                    lacks = str(error.name)
                    failure = self._lacking.get(lacks)
                    if failure is None or lacks in lent or not isinstance(statement, DEFINED):
                        raise
                    self.namespace[lacks] = stand_in(failure)
                    lent.add(lacks)
                else:
                    return
        finally:
            for each in lent:
                self.namespace.pop(each, None)

    def _called(self, number: int, exercise: CalledExercise) -> None:
        """All calls of one exercise, in a fork of this process."""
        if not exercise.calls:
            return
        reading, writing = _pipe()
        try:
            pid = fork()
        except OSError as error:
            _close(reading)
            _close(writing)
            text = f"no process could be started: {error.strerror}"
            self.channel.send(Returned(exercise=number, call=0, kind="stopped", error=text))
            return
        if pid == 0:
            self._become(number, exercise, writing)
        _close(writing)
        Relay(
            pid,
            reading,
            self.channel,
            exercise=number,
            calls=len(exercise.calls),
            seconds=self.calls.seconds if exercise.budget is None else exercise.budget + MORE,
            most=(self.request.limits.results_mb << 20) // len(self.calls.exercises),
        ).follow()
        _close(reading)

    def _become(self, number: int, exercise: CalledExercise, writing: int) -> NoReturn:
        code = 1
        try:
            for descriptor in self.channel.descriptors:
                _close(descriptor)
            Callee(self, number, exercise, writing).go()
            code = 0
        except BaseException:  # noqa: BLE001 - the end of the pipe tells
            code = 1
        finally:
            _exit(code)


def imported(statement: ast.stmt) -> list[str]:
    """Names that an import is to bind."""
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return []
    return [each.asname or each.name.partition(".")[0] for each in statement.names]
